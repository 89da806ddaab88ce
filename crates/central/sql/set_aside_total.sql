SELECT COUNT(*) FROM set_aside

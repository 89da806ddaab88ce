SELECT COUNT(*) FROM set_aside WHERE terminal_id = $1

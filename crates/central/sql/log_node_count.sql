SELECT COUNT(*) FROM log_node

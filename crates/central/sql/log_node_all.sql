SELECT level, idx, hash FROM log_node ORDER BY level, idx

SELECT hash FROM log_node WHERE level = $1 AND idx = $2

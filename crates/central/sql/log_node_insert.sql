INSERT INTO log_node (level, idx, hash) VALUES ($1, $2, $3)

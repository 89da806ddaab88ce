SELECT id FROM terminal WHERE key_id = $1

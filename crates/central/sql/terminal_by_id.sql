SELECT public_key FROM terminal WHERE id = $1

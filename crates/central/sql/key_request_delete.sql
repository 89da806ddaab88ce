DELETE FROM key_request WHERE key_id = $1

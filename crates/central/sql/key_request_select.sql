SELECT key_id, statement FROM key_request ORDER BY requested_at, key_id

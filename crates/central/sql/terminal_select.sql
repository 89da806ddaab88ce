SELECT id, name, key_id, public_key, enrolled_at FROM terminal ORDER BY id

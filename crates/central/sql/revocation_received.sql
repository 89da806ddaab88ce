SELECT key_id, received_at FROM revocation ORDER BY key_id

SELECT key_id, envelope FROM revocation ORDER BY key_id

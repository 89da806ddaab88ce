SELECT key_id, envelope FROM key_statement ORDER BY key_id

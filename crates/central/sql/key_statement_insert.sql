INSERT INTO key_statement (key_id, envelope) VALUES ($1, $2) ON CONFLICT (key_id) DO NOTHING

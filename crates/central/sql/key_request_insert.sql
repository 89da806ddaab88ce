INSERT INTO key_request (key_id, statement, requested_at) VALUES ($1, $2, $3) ON CONFLICT (key_id) DO NOTHING

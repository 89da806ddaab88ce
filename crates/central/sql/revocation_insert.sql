INSERT INTO revocation (key_id, envelope, received_at) VALUES ($1, $2, $3) ON CONFLICT (key_id) DO NOTHING

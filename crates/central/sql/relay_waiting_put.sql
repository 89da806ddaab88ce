INSERT INTO relay_waiting (record_id, terminal_id, sequence, envelope, received_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (record_id) DO NOTHING

INSERT INTO set_aside (envelope_sha256, envelope, terminal_id, problem, detail, received_at) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (envelope_sha256) DO NOTHING

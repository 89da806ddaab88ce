INSERT INTO session (token_sha256, terminal_id, expires_at) VALUES ($1, $2, $3)

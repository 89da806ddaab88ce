INSERT INTO console_session (token_sha256, account_id, csrf, created_at, expires_at, last_seen) VALUES ($1, $2, $3, $4, $5, $4)

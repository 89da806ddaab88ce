UPDATE console_session SET last_seen = $2, expires_at = $3 WHERE token_sha256 = $1

SELECT terminal_id FROM session WHERE token_sha256 = $1 AND expires_at > $2

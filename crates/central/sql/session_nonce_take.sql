DELETE FROM session_nonce WHERE nonce_sha256 = $1 AND terminal_id = $2 AND expires_at > $3

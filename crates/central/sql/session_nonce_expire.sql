DELETE FROM session_nonce WHERE expires_at <= $1

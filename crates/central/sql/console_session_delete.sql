DELETE FROM console_session WHERE token_sha256 = $1

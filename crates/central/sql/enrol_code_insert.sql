INSERT INTO enrol_code (code_sha256, person_id, created_at, expires_at, used_at, terminal_key_id, person_key_id) VALUES ($1, $2, $3, $4, 0, $5, $6)

SELECT person_id, expires_at, used_at, terminal_key_id, person_key_id FROM enrol_code WHERE code_sha256 = $1

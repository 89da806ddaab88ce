UPDATE enrol_code SET used_at = $2, terminal_key_id = $3, person_key_id = $4 WHERE code_sha256 = $1 AND used_at = 0

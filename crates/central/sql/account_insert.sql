INSERT INTO console_account (id, person_id, name, password, created_at, disabled_at) VALUES ($1, $2, $3, $4, $5, 0)

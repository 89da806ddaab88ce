INSERT INTO terminal (id, name, key_id, public_key, enrolled_at) VALUES ($1, $2, $3, $4, $5)

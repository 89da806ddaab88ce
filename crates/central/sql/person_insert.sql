INSERT INTO person (id, name, party_id, roles, created_at) VALUES ($1, $2, $3, $4, $5)

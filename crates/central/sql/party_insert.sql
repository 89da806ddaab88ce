INSERT INTO party (id, kind, name) VALUES ($1, $2, $3)

INSERT INTO planned_visit (id, round_id, sha256, kind, title, lines) VALUES ($1, $2, $3, $4, $5, $6)

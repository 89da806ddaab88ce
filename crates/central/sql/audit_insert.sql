INSERT INTO audit (id, at, actor, action, details) VALUES ($1, $2, $3, $4, $5)

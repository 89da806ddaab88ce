SELECT id, at, actor, action, details FROM audit WHERE id > $1 ORDER BY id LIMIT 1000

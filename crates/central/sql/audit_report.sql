SELECT at, actor, details FROM audit WHERE action = 'report.write' AND details LIKE $1 ORDER BY at LIMIT 1

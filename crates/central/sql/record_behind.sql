SELECT envelope FROM record WHERE terminal_id = $1 AND sequence > $2 AND beside = 0 ORDER BY sequence LIMIT 100

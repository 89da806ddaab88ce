SELECT id, envelope FROM record WHERE terminal_id = $1 AND sequence = $2 ORDER BY beside

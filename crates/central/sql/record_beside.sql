SELECT COALESCE(MAX(beside) + 1, 0) FROM record WHERE (terminal_id = $1 AND sequence = $2) OR (visit_id = $3 AND revision = $4)

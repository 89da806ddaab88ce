SELECT visit_id FROM record WHERE id = $1

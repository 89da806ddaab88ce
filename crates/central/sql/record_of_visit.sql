SELECT id FROM record WHERE visit_id = $1 AND revision = $2

SELECT id, envelope, received_at FROM record WHERE visit_id = $1 AND revision = $2 ORDER BY beside

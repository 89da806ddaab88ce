DELETE FROM assignment WHERE visit_id = $1

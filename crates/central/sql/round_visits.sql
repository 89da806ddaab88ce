SELECT id FROM planned_visit WHERE round_id = $1 ORDER BY id

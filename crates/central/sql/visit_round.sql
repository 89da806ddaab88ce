SELECT round_id FROM planned_visit WHERE id = $1

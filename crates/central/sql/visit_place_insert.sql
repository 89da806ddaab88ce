INSERT INTO visit_place (visit_id, round_id, place, subject_kind, subject_id, subject_name, room_id, room_name) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)

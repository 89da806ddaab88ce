INSERT INTO label_place (print_id, subject_name, room_name, job, file, search) VALUES ($1, $2, $3, $4, $5, $6)

INSERT INTO label_print (id, code, subject_kind, subject_id, side, payload, printed_at, replaced_by) VALUES ($1, $2, $3, $4, $5, $6, $7, '')

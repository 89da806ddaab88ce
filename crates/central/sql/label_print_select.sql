SELECT id, subject_kind, subject_id, side, printed_at, replaced_by FROM label_print ORDER BY id

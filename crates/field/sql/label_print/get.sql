SELECT id, subject, side, replaced_by FROM label_print WHERE id = ?1;

SELECT id, subject, replaced_by FROM label_print WHERE id = ?1;

SELECT id, subject, replaced_by FROM label_print WHERE code = ?1;

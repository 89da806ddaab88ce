SELECT id, subject, side, replaced_by FROM label_print WHERE code = ?1;

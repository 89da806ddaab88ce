SELECT id FROM label_print WHERE code = $1

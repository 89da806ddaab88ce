INSERT INTO label_print (id, code, subject, side, replaced_by) VALUES (?1, ?2, ?3, ?4, ?5);

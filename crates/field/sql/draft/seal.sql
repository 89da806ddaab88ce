UPDATE draft SET state = 'sealed' WHERE id = ?1;

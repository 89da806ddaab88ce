SELECT EXISTS (SELECT 1 FROM record WHERE id = ?1 OR sequence = ?2);

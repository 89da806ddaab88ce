SELECT id FROM record WHERE sequence = ?1;

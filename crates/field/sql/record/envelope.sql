SELECT envelope FROM record WHERE id = ?1;

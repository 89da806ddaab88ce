SELECT id, state FROM record WHERE visit = ?1 AND person = ?2 ORDER BY sequence DESC LIMIT 1;

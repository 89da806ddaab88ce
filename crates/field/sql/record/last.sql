SELECT id, sequence, sealed FROM record ORDER BY sequence DESC LIMIT 1;

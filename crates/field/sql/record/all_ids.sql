SELECT id FROM record ORDER BY sequence;

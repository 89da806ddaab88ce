SELECT id FROM record WHERE sequence > ?1 AND state IN ('partly_sent', 'delivered') ORDER BY sequence;

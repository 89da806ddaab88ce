UPDATE record_blob SET is_sent = 0
WHERE record IN (SELECT id FROM record WHERE sequence > ?1 AND state IN ('partly_sent', 'delivered'));

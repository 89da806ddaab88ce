UPDATE record SET state = 'queued' WHERE sequence > ?1 AND state IN ('partly_sent', 'delivered');

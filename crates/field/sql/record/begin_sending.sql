UPDATE record SET state = 'queued' WHERE id = ?1 AND state = 'sealed';

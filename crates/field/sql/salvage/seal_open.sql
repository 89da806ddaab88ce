UPDATE draft SET state = 'sealed' WHERE visit = ?1 AND person = ?2 AND state = 'open';

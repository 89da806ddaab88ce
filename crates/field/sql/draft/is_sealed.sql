SELECT EXISTS (SELECT 1 FROM draft WHERE visit = ?1 AND person = ?2 AND state = 'sealed');

SELECT id, started, last_seen, is_closed
FROM draft
WHERE visit = ?1 AND person = ?2 AND state = 'open';

INSERT INTO draft (id, visit, person, state, started, last_seen, is_closed)
VALUES (?1, ?2, ?3, 'open', ?4, ?4, 0);

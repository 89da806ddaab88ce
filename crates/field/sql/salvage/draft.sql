INSERT OR IGNORE INTO draft (id, visit, person, state, started, last_seen, is_closed)
VALUES (?1, ?2, ?3, 'sealed', ?4, ?5, ?6);

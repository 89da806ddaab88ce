SELECT id, round, document, title FROM visit WHERE id = ?1;

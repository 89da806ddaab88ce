INSERT INTO must_check (visit, place, line, document)
VALUES (?1, ?2, ?3, ?4);

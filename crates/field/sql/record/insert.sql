INSERT INTO record (id, sequence, draft, visit, person, envelope, envelope_sha256, sealed, state)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 'sealed');

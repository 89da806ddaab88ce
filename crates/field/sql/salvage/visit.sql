INSERT OR IGNORE INTO visit (id, round, document, kind, title, subject_kind, subject_id, line_count, place)
VALUES (?1, ?2, '', ?3, ?4, ?5, ?6, ?7, 0);

INSERT INTO visit (id, round, document, kind, title, subject_kind, subject_id, line_count, place)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
ON CONFLICT (id) DO UPDATE SET
    round = excluded.round,
    document = excluded.document,
    kind = excluded.kind,
    title = excluded.title,
    subject_kind = excluded.subject_kind,
    subject_id = excluded.subject_id,
    line_count = excluded.line_count,
    place = excluded.place;

INSERT INTO draft_line (draft, line, outcome, is_bulk, answer)
VALUES (?1, ?2, ?3, ?4, ?5)
ON CONFLICT (draft, line) DO UPDATE SET
    outcome = excluded.outcome,
    is_bulk = excluded.is_bulk,
    answer = excluded.answer;

INSERT INTO draft_check (draft, line, check_key, is_bulk, result)
VALUES (?1, ?2, ?3, ?4, ?5)
ON CONFLICT (draft, line, check_key) DO UPDATE SET is_bulk = excluded.is_bulk, result = excluded.result;

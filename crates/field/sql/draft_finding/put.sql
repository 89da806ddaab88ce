INSERT INTO draft_finding (draft, id, finding)
VALUES (?1, ?2, ?3)
ON CONFLICT (draft, id) DO UPDATE SET finding = excluded.finding;

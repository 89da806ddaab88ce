INSERT INTO scratch (person, key, text, kept_at)
VALUES (?1, ?2, ?3, ?4)
ON CONFLICT (person, key) DO UPDATE SET text = excluded.text, kept_at = excluded.kept_at;

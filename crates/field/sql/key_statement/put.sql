INSERT INTO key_statement (sha256, kind, envelope)
VALUES (?1, ?2, ?3)
ON CONFLICT (sha256) DO NOTHING;

INSERT INTO photo_look (sha256, look, bytes)
VALUES (?1, ?2, ?3)
ON CONFLICT (sha256) DO NOTHING;

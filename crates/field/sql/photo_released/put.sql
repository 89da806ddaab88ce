INSERT INTO photo_released (sha256, bytes, released_at) VALUES (?1, ?2, ?3) ON CONFLICT (sha256) DO NOTHING;

INSERT INTO review_photo (sha256, bytes, fetched_at) VALUES (?1, ?2, ?3) ON CONFLICT (sha256) DO NOTHING;

INSERT INTO relay_carried (sha256, file, file_bytes) VALUES (?1, ?2, ?3)
ON CONFLICT (sha256, file) DO UPDATE SET file_bytes = excluded.file_bytes;

INSERT INTO record_blob (record_id, sha256, bytes) VALUES ($1, $2, $3) ON CONFLICT (record_id, sha256) DO NOTHING

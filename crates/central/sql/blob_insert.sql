INSERT INTO blob (sha256, bytes, stored_at) VALUES ($1, $2, $3) ON CONFLICT (sha256) DO UPDATE SET bytes = excluded.bytes

INSERT INTO read_model (id, version) VALUES (1, $1) ON CONFLICT (id) DO UPDATE SET version = excluded.version

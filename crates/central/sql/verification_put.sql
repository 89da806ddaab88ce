INSERT INTO verification_run (id, at, run) VALUES (1, $1, $2) ON CONFLICT (id) DO UPDATE SET at = excluded.at, run = excluded.run

INSERT INTO recovery_key (only_row, envelope) VALUES (1, ?1)
ON CONFLICT (only_row) DO UPDATE SET envelope = excluded.envelope;

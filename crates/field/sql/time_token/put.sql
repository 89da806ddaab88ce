INSERT INTO time_token (only_row, note, time_at, received)
VALUES (1, ?1, ?2, ?3)
ON CONFLICT (only_row) DO UPDATE SET note = excluded.note, time_at = excluded.time_at, received = excluded.received
WHERE excluded.time_at >= time_at;

INSERT INTO checkpoint (only_row, size, note)
VALUES (1, ?1, ?2)
ON CONFLICT (only_row) DO UPDATE SET size = excluded.size, note = excluded.note
WHERE excluded.size >= size;

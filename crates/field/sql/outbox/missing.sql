SELECT id, sequence
FROM record
WHERE NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.record = record.id)
ORDER BY sequence;

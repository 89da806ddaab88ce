SELECT count(*)
FROM record
WHERE state <> 'delivered' AND NOT EXISTS (SELECT 1 FROM quarantine WHERE quarantine.record = record.id);

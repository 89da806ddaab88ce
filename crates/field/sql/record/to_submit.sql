SELECT record.id, record.envelope
FROM record
WHERE record.state IN ('sealed', 'queued')
  AND NOT EXISTS (SELECT 1 FROM quarantine WHERE quarantine.record = record.id)
ORDER BY record.sequence;

SELECT id FROM record
WHERE state = 'partly_sent'
  AND NOT EXISTS (SELECT 1 FROM record_blob WHERE record_blob.record = record.id AND record_blob.is_sent = 0)
ORDER BY sequence;

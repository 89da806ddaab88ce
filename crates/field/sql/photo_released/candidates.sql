-- Photos that only delivered records name, and no open draft; those of the oldest record first.
SELECT record_blob.sha256, max(record_blob.bytes)
FROM record_blob JOIN record ON record.id = record_blob.record
WHERE NOT EXISTS (SELECT 1 FROM photo_released WHERE photo_released.sha256 = record_blob.sha256)
  AND NOT EXISTS (SELECT 1 FROM draft_evidence JOIN draft ON draft.id = draft_evidence.draft
                  WHERE draft_evidence.sha256 = record_blob.sha256 AND draft.state = 'open')
GROUP BY record_blob.sha256
HAVING count(*) = sum(record.state = 'delivered')
ORDER BY min(record.sequence), record_blob.sha256;

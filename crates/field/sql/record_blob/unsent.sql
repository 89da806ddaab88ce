SELECT DISTINCT record_blob.sha256, record_blob.bytes
FROM record_blob JOIN record ON record.id = record_blob.record
WHERE record.state = 'partly_sent' AND record_blob.is_sent = 0
ORDER BY record.sequence, record_blob.sha256;

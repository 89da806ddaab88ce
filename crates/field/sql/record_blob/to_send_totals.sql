SELECT count(*), coalesce(sum(bytes), 0)
FROM (SELECT DISTINCT record_blob.sha256, record_blob.bytes
      FROM record_blob JOIN record ON record.id = record_blob.record
      WHERE record.state <> 'delivered' AND record_blob.is_sent = 0
        AND NOT EXISTS (SELECT 1 FROM quarantine WHERE quarantine.record = record.id));

DELETE FROM relay_carried
WHERE NOT EXISTS (SELECT 1 FROM record_blob WHERE record_blob.sha256 = relay_carried.sha256 AND record_blob.is_sent = 0);

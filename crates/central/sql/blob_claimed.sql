SELECT bytes FROM blob WHERE sha256 = $1 UNION SELECT record_blob.bytes FROM record_blob JOIN record ON record.id = record_blob.record_id WHERE record_blob.sha256 = $1 AND record.terminal_id = $2

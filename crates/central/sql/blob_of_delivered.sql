SELECT record_blob.bytes FROM record_blob JOIN delivered ON delivered.record_id = record_blob.record_id WHERE record_blob.sha256 = $1 LIMIT 1

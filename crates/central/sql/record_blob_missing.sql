SELECT record_blob.sha256 FROM record_blob LEFT JOIN blob ON blob.sha256 = record_blob.sha256 WHERE record_blob.record_id = $1 AND blob.sha256 IS NULL ORDER BY record_blob.sha256

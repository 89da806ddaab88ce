SELECT record_id FROM record_blob WHERE sha256 = $1 ORDER BY record_id

SELECT DISTINCT record_id FROM record_blob ORDER BY record_id

UPDATE record_summary SET damaged = 1 WHERE record_id = $1 OR record_id IN (SELECT record_id FROM record_blob WHERE sha256 = $1)

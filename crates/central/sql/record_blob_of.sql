SELECT sha256, bytes FROM record_blob WHERE record_id = $1 ORDER BY sha256

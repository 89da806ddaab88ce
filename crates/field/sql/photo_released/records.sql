SELECT record FROM record_blob WHERE sha256 = ?1 ORDER BY record;

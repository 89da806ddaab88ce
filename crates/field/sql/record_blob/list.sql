SELECT sha256, bytes, is_sent FROM record_blob WHERE record = ?1 ORDER BY sha256;

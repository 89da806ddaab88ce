DELETE FROM record_blob WHERE record NOT IN (SELECT id FROM record);

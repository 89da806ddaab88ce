DELETE FROM quarantine WHERE record = ?1;

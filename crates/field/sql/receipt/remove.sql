DELETE FROM receipt WHERE record = ?1;

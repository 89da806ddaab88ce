DELETE FROM must_check WHERE visit IN (SELECT id FROM visit WHERE round = ?1);

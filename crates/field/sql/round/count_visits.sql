SELECT count(*) FROM visit WHERE round = ?1;

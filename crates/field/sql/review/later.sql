SELECT id FROM review_record WHERE visit = ?1 AND revision > ?2 ORDER BY revision DESC LIMIT 1;

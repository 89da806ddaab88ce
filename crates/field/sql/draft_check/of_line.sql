SELECT result FROM draft_check WHERE draft = ?1 AND line = ?2 ORDER BY check_key;

SELECT line, result FROM draft_check WHERE draft = ?1 ORDER BY line, check_key;

UPDATE draft_check SET is_bulk = 0 WHERE draft = ?1 AND line = ?2;

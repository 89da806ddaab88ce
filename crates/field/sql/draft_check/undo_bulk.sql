DELETE FROM draft_check WHERE draft = ?1 AND is_bulk = 1;

DELETE FROM draft_line WHERE draft = ?1 AND is_bulk = 1;

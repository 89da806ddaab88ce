SELECT count(*) FROM draft_line WHERE draft = ?1;

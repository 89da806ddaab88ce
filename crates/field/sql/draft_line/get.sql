SELECT answer FROM draft_line WHERE draft = ?1 AND line = ?2;

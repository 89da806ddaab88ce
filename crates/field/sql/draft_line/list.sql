SELECT line, answer FROM draft_line WHERE draft = ?1 ORDER BY line;

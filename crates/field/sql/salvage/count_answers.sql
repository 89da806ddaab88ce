SELECT count(*) FROM draft_line;

SELECT jump FROM draft_jump WHERE draft = ?1 ORDER BY place;

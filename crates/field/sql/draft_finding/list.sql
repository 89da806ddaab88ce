SELECT finding FROM draft_finding WHERE draft = ?1 ORDER BY id;

SELECT scan FROM draft_scan WHERE draft = ?1 ORDER BY place;

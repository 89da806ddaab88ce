SELECT place, sighting FROM draft_sighting WHERE draft = ?1 ORDER BY place;

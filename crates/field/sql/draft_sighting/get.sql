SELECT place, sighting FROM draft_sighting WHERE draft = ?1 AND place = ?2;

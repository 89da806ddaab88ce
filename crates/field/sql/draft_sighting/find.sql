SELECT place, sighting FROM draft_sighting WHERE draft = ?1 AND asset = ?2 AND asset <> '';

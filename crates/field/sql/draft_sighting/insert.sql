INSERT INTO draft_sighting (draft, place, asset, sighting)
VALUES (?1, (SELECT coalesce(max(place), 0) + 1 FROM draft_sighting WHERE draft = ?1), ?2, ?3);

UPDATE draft_sighting SET sighting = ?3 WHERE draft = ?1 AND place = ?2;

SELECT sha256 FROM draft_photo WHERE draft = ?1 AND line = ?2 ORDER BY place;

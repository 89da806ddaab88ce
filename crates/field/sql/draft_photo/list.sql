SELECT line, sha256 FROM draft_photo WHERE draft = ?1 ORDER BY line, place;

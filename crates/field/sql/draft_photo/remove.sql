DELETE FROM draft_photo WHERE draft = ?1 AND line = ?2 AND sha256 = ?3;

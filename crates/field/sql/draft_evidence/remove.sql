DELETE FROM draft_evidence WHERE draft = ?1 AND sha256 = ?2;

SELECT EXISTS (SELECT 1 FROM draft_evidence WHERE sha256 = ?1)
    OR EXISTS (SELECT 1 FROM record_blob WHERE sha256 = ?1)
    OR EXISTS (SELECT 1 FROM review_photo WHERE sha256 = ?1);

SELECT evidence FROM draft_evidence WHERE draft = ?1 ORDER BY sha256;

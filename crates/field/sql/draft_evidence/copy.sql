INSERT INTO draft_evidence (draft, sha256, evidence) VALUES (?1, ?2, ?3);

SELECT draft_evidence.evidence
FROM record JOIN draft_evidence ON draft_evidence.draft = record.draft
WHERE record.id = ?1;

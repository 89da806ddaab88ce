SELECT
    visit,
    started,
    (SELECT count(*) FROM draft_line WHERE draft_line.draft = draft.id),
    (SELECT count(*) FROM draft_finding WHERE draft_finding.draft = draft.id),
    (SELECT count(*) FROM draft_evidence WHERE draft_evidence.draft = draft.id)
FROM draft
WHERE person = ?1 AND state = 'open';

SELECT id
FROM draft
WHERE visit = ?1 AND person = ?2 AND state = 'sealed' AND NOT EXISTS (SELECT 1 FROM record WHERE record.draft = draft.id)
LIMIT 1;

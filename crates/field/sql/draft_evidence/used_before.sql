SELECT
    visit.title,
    coalesce(draft_photo.line, 0),
    json_extract(draft_evidence.evidence, '$.taken.wall_ms'),
    draft.id = ?2,
    coalesce(json_extract(draft_evidence.evidence, '$.layer.of'), '')
FROM draft_evidence
JOIN draft ON draft.id = draft_evidence.draft
JOIN visit ON visit.id = draft.visit
LEFT JOIN draft_photo
    ON draft_photo.draft = draft_evidence.draft AND draft_photo.sha256 = draft_evidence.sha256
WHERE draft_evidence.sha256 = ?1
  AND (draft.visit <> (SELECT visit FROM draft AS this WHERE this.id = ?2)
       OR (draft.id = ?2 AND ?3 > 0 AND draft_photo.line <> ?3))
ORDER BY draft.id = ?2, 3, 2
LIMIT 1;

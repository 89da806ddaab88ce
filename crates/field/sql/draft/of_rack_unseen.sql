SELECT draft.is_closed, person.name, draft.state
FROM visit
JOIN draft ON draft.visit = visit.id
JOIN person ON person.id = draft.person
WHERE visit.subject_kind = 'rack' AND visit.subject_id = ?1 AND visit.round = ?2 AND draft.id <> ?3
  AND NOT EXISTS (SELECT 1 FROM draft_sighting WHERE draft_sighting.draft = draft.id AND draft_sighting.asset = ?4)
ORDER BY person.name;

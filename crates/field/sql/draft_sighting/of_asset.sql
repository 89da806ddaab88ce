SELECT visit.subject_id, person.name, draft.state
FROM draft_sighting
JOIN draft ON draft.id = draft_sighting.draft
JOIN visit ON visit.id = draft.visit
JOIN person ON person.id = draft.person
WHERE draft_sighting.asset = ?1 AND draft_sighting.asset <> ''
  AND visit.round = ?2 AND visit.kind = 'rack' AND draft.id <> ?3
ORDER BY visit.place, person.name;

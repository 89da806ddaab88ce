SELECT draft_sighting.asset, visit.subject_id, person.name, draft.state
FROM asset
JOIN draft_sighting ON draft_sighting.asset = asset.id
JOIN draft ON draft.id = draft_sighting.draft
JOIN visit ON visit.id = draft.visit
JOIN person ON person.id = draft.person
WHERE asset.ledger = ?1 AND asset.rack = ?2
  AND visit.round = ?3 AND visit.kind = 'rack' AND draft.id <> ?4
ORDER BY visit.place, person.name;

SELECT visit.id, visit.title
FROM visit JOIN round ON round.id = visit.round
WHERE visit.subject_kind = ?1 AND visit.subject_id = ?2 AND round.is_open = 1
ORDER BY round.place;

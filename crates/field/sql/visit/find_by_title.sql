SELECT visit.id, visit.title
FROM visit JOIN round ON round.id = visit.round
WHERE visit.title = ?1 AND round.is_open = 1
ORDER BY round.place, visit.place;

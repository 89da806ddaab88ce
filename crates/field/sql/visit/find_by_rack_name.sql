SELECT visit.id, visit.title
FROM visit
JOIN round ON round.id = visit.round
JOIN rack ON rack.ledger = round.ledger AND rack.id = visit.subject_id
JOIN room ON room.ledger = round.ledger AND room.id = rack.room
WHERE visit.kind = 'rack' AND round.is_open = 1 AND rack.name = ?1 AND (?2 = '' OR room.name = ?2)
ORDER BY round.place, visit.place;

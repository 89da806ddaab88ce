SELECT
    visit.id,
    visit.kind,
    visit.title,
    visit.line_count,
    coalesce(
        CASE visit.kind
            WHEN 'room' THEN (SELECT room.name FROM room
                              WHERE room.ledger = round.ledger AND room.id = visit.subject_id)
            WHEN 'rack' THEN (SELECT room.name
                              FROM rack JOIN room ON room.ledger = rack.ledger AND room.id = rack.room
                              WHERE rack.ledger = round.ledger AND rack.id = visit.subject_id)
            WHEN 'system' THEN (SELECT room.name
                                FROM system JOIN room ON room.ledger = system.ledger
                                                     AND room.id = json_extract(system.document, '$.room')
                                WHERE system.ledger = round.ledger AND system.id = visit.subject_id)
        END,
        '')
FROM visit JOIN round ON round.id = visit.round
WHERE visit.round = ?1
ORDER BY visit.place;

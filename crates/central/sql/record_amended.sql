SELECT later.id FROM record JOIN record AS later ON later.visit_id = record.visit_id AND later.revision > record.revision WHERE record.id = $1 ORDER BY later.revision DESC LIMIT 1

SELECT id, round_id, sha256, kind, title, lines FROM planned_visit ORDER BY id

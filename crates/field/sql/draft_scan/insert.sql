INSERT INTO draft_scan (draft, place, scan)
VALUES (?1, (SELECT coalesce(max(place), 0) + 1 FROM draft_scan WHERE draft = ?1), ?2);

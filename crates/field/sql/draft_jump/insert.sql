INSERT INTO draft_jump (draft, place, jump)
VALUES (?1, (SELECT coalesce(max(place), 0) + 1 FROM draft_jump WHERE draft = ?1), ?2);

INSERT INTO draft_photo (draft, line, place, sha256)
SELECT ?1, ?2, (SELECT coalesce(max(place), 0) + 1 FROM draft_photo WHERE draft = ?1 AND line = ?2), ?3
WHERE NOT EXISTS (SELECT 1 FROM draft_photo WHERE draft = ?1 AND line = ?2 AND sha256 = ?3);

SELECT id FROM review_record WHERE id LIKE ?1 || '%' OR visit = ?1 ORDER BY is_due DESC, revision DESC LIMIT 2;

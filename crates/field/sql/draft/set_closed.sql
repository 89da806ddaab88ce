UPDATE draft SET is_closed = ?2 WHERE id = ?1;

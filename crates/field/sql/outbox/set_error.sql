UPDATE outbox SET last_error = ?2, last_tried_at = ?3 WHERE record = ?1;

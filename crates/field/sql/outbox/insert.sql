INSERT INTO outbox (record, attempts, last_error, last_tried_at) VALUES (?1, 0, '', 0);

INSERT OR IGNORE INTO outbox (record, attempts, last_error, last_tried_at)
SELECT id, 0, '', 0 FROM record;

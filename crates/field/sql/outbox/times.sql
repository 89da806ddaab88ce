SELECT
    coalesce((SELECT last_tried_at FROM outbox WHERE record = ?1), 0),
    coalesce((SELECT received_at FROM receipt WHERE record = ?1), 0);

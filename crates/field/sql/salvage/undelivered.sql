UPDATE record SET state = 'queued'
WHERE state = 'delivered' AND NOT EXISTS (SELECT 1 FROM receipt WHERE receipt.record = record.id);

INSERT INTO receipt (record, delivered, receipt, received_at)
VALUES (?1, ?2, ?3, ?4)
ON CONFLICT (record) DO NOTHING;

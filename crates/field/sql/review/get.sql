SELECT id, earlier, envelope, record_receipt, delivered, receipt, log_index, pulled_at
FROM review_record
WHERE id = ?1;

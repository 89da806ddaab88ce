INSERT INTO review_record
    (id, visit, revision, terminal, sequence, is_due, earlier, summary, envelope, record_receipt, delivered, receipt,
     log_index, pulled_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
ON CONFLICT (id) DO UPDATE SET
    is_due = max(review_record.is_due, excluded.is_due),
    earlier = CASE WHEN excluded.earlier = '' THEN review_record.earlier ELSE excluded.earlier END,
    summary = excluded.summary,
    envelope = excluded.envelope,
    record_receipt = excluded.record_receipt,
    delivered = excluded.delivered,
    receipt = excluded.receipt,
    log_index = excluded.log_index,
    pulled_at = excluded.pulled_at;

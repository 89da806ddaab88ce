INSERT INTO decided_record (record_id, decision_sha256, counts) VALUES ($1, $2, $3) ON CONFLICT (record_id) DO UPDATE SET decision_sha256 = excluded.decision_sha256, counts = excluded.counts

INSERT INTO follow_up_summary (record_id, finding_id, state, answered_at) VALUES ($1, $2, $3, $4) ON CONFLICT (record_id, finding_id) DO NOTHING

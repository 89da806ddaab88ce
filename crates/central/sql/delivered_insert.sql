INSERT INTO delivered (record_id, envelope_sha256, stored_at) VALUES ($1, $2, $3)

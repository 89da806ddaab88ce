SELECT record_id, envelope_sha256, stored_at FROM delivered ORDER BY record_id

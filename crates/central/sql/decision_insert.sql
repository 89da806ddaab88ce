INSERT INTO decision (envelope_sha256, envelope, visit_id, revision, decided_by, decided_at, received_at) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (envelope_sha256) DO NOTHING

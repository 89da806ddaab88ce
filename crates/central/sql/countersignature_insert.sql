INSERT INTO countersignature (envelope_sha256, envelope, record_id, reviewer_id, verdict, signed_at, received_at) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (envelope_sha256) DO NOTHING

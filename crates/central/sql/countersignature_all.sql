SELECT envelope_sha256, envelope, record_id, reviewer_id, verdict, signed_at FROM countersignature ORDER BY received_at, envelope_sha256

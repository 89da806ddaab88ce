SELECT envelope_sha256, envelope, visit_id, revision, decided_by, decided_at FROM decision ORDER BY received_at, envelope_sha256

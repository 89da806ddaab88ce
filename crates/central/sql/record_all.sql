SELECT id, envelope_sha256, envelope FROM record ORDER BY received_at, id

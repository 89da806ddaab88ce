INSERT INTO record (id, envelope_sha256, envelope, terminal_id, sequence, visit_id, revision, inspector_id, sealed_at, received_at, beside) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)

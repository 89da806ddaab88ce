SELECT envelope_sha256, envelope, terminal_id, sequence, visit_id, revision, inspector_id, sealed_at FROM record WHERE id = $1

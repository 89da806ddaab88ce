SELECT envelope_sha256, terminal_id, problem, detail, received_at FROM set_aside ORDER BY received_at, envelope_sha256

SELECT envelope, terminal_id, envelope_sha256 FROM record WHERE id = $1

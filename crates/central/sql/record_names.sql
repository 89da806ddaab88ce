SELECT id, envelope_sha256 FROM record ORDER BY id

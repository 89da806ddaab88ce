INSERT INTO threshold_version (version, sha256, source, decided_on, set_by, set_at) VALUES ($1, $2, $3, $4, $5, $6)

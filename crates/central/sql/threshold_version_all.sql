SELECT version, sha256, source, decided_on, set_by, set_at FROM threshold_version ORDER BY version

INSERT INTO ledger_version (version, sha256, source, report, imported_at) VALUES ($1, $2, $3, $4, $5)

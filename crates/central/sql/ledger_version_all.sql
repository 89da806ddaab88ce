SELECT version, sha256 FROM ledger_version ORDER BY version

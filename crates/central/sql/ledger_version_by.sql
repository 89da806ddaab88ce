SELECT version, sha256 FROM ledger_version WHERE version = $1

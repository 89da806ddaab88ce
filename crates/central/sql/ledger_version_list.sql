SELECT version, sha256, source, imported_at, (SELECT COUNT(*) FROM round WHERE round.ledger_version = ledger_version.version) FROM ledger_version ORDER BY version DESC

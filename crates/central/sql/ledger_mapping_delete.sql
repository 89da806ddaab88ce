DELETE FROM ledger_mapping WHERE headings_sha256 = $1

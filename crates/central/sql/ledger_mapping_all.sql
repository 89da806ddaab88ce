SELECT headings_sha256, headings, columns, said_by, said_at FROM ledger_mapping ORDER BY said_at DESC, headings_sha256

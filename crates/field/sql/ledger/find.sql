SELECT no FROM ledger WHERE sha256 = ?1;

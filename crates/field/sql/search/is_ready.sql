SELECT EXISTS (SELECT 1 FROM searchable WHERE ledger = ?1);

SELECT EXISTS (SELECT 1 FROM resource_order WHERE ledger = ?1);

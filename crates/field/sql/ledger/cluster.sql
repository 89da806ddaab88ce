SELECT name FROM cluster WHERE ledger = ?1 AND id = ?2;

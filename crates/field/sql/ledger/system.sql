SELECT document FROM system WHERE ledger = ?1 AND id = ?2;

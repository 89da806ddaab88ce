SELECT entry FROM asset WHERE ledger = ?1 AND serial = ?2 AND serial <> '' LIMIT 2;

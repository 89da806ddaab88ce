SELECT entry FROM asset WHERE ledger = ?1 AND id = ?2;

SELECT entry FROM asset WHERE ledger = ?1 AND rack = ?2 ORDER BY position, id;

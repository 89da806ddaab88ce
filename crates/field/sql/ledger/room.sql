SELECT name FROM room WHERE ledger = ?1 AND id = ?2;

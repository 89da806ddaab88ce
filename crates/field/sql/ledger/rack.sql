SELECT room, name, units FROM rack WHERE ledger = ?1 AND id = ?2;

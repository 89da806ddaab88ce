INSERT INTO ledger (sha256, version) VALUES (?1, ?2);

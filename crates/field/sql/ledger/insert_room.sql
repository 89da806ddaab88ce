INSERT INTO room (ledger, id, name) VALUES (?1, ?2, ?3);

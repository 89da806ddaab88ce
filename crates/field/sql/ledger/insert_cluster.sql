INSERT INTO cluster (ledger, id, name) VALUES (?1, ?2, ?3);

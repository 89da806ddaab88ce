INSERT INTO system (ledger, id, name, document) VALUES (?1, ?2, ?3, ?4);

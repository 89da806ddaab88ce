INSERT INTO rack (ledger, id, room, name, units) VALUES (?1, ?2, ?3, ?4, ?5);

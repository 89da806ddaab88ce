INSERT INTO asset_key (ledger, asset) VALUES (?1, ?2);

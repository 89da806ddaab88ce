INSERT INTO asset (ledger, id, rack, room, position, name, serial, asset_tag, entry)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9);

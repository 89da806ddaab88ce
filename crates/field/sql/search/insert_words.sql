INSERT INTO asset_words (rowid, name, serial, asset_tag, owning_unit) VALUES (?1, ?2, ?3, ?4, ?5);

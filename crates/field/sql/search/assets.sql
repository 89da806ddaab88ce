SELECT asset.id, asset.name, asset.serial, asset.asset_tag, json_extract(asset.entry, '$.owning_unit')
FROM asset JOIN rack ON rack.ledger = asset.ledger AND rack.id = asset.rack
WHERE asset.ledger = ?1
ORDER BY asset.room, rack.name, asset.rack, asset.position, asset.id;

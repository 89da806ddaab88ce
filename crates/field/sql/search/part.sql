SELECT asset_key.no, asset.entry
FROM asset_words
CROSS JOIN asset_key ON asset_key.no = asset_words.rowid
CROSS JOIN asset ON asset.ledger = asset_key.ledger AND asset.id = asset_key.asset
WHERE asset_words MATCH ?2 AND asset_words.rowid > ?3 AND asset_key.ledger = ?1
  AND asset.serial <> ?5 AND asset.asset_tag <> ?5 AND asset.name <> ?5
ORDER BY asset_words.rowid
LIMIT ?4;

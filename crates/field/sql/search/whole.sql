SELECT asset_key.no, asset.entry
FROM asset JOIN asset_key ON asset_key.ledger = asset.ledger AND asset_key.asset = asset.id
WHERE asset.ledger = ?1 AND asset_key.no > ?3
  AND asset.id IN (
    SELECT id FROM asset WHERE ledger = ?1 AND serial = ?2 AND serial <> ''
    UNION
    SELECT id FROM asset WHERE ledger = ?1 AND asset_tag = ?2 AND asset_tag <> ''
    UNION
    SELECT id FROM asset WHERE ledger = ?1 AND name = ?2 AND name <> ''
  )
ORDER BY asset_key.no
LIMIT ?4;

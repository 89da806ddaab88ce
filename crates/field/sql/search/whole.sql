-- UNION would be merged in the order of ids, by walking the whole ledger; each branch is one look-up.
SELECT DISTINCT asset_key.no, asset.entry
FROM (
    SELECT id FROM asset WHERE ledger = ?1 AND serial = ?2 AND serial <> ''
    UNION ALL
    SELECT id FROM asset WHERE ledger = ?1 AND asset_tag = ?2 AND asset_tag <> ''
    UNION ALL
    SELECT id FROM asset WHERE ledger = ?1 AND name = ?2 AND name <> ''
) AS whole
CROSS JOIN asset_key ON asset_key.ledger = ?1 AND asset_key.asset = whole.id
CROSS JOIN asset ON asset.ledger = ?1 AND asset.id = whole.id
WHERE asset_key.no > ?3
ORDER BY asset_key.no
LIMIT ?4;

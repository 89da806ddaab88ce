SELECT entry FROM asset WHERE ledger = ?1 AND serial = ?2 AND serial <> ''
UNION
SELECT entry FROM asset WHERE ledger = ?1 AND asset_tag = ?2 AND asset_tag <> ''
UNION
SELECT entry FROM asset WHERE ledger = ?1 AND name = ?2 AND name <> '';

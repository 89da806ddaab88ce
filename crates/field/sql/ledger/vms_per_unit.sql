SELECT owning_unit, count(*), sum(cluster = ?2)
FROM virtual_machine
WHERE ledger = ?1
GROUP BY owning_unit
ORDER BY owning_unit;

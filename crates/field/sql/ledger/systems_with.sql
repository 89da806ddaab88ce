SELECT system.document
FROM system
WHERE system.ledger = ?1
  AND EXISTS (SELECT 1 FROM json_each(system.document, '$.members') AS member WHERE member.value = ?2);

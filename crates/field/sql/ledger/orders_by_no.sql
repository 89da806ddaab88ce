SELECT document FROM resource_order WHERE ledger = ?1 AND order_no = ?2 ORDER BY document;

SELECT document FROM resource_order WHERE ledger = ?1 ORDER BY order_no, owning_unit, document;

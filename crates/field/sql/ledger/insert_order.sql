INSERT INTO resource_order (ledger, order_no, owning_unit, document) VALUES (?1, ?2, ?3, ?4);

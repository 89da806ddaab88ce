INSERT INTO virtual_machine (ledger, id, cluster, owning_unit) VALUES (?1, ?2, ?3, ?4);

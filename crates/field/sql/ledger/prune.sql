DELETE FROM ledger WHERE no NOT IN (SELECT ledger FROM round);

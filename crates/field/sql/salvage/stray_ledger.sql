INSERT INTO ledger (no, sha256, version)
SELECT DISTINCT ledger, 'cut ' || ledger, 0 FROM round WHERE ledger NOT IN (SELECT no FROM ledger);
DELETE FROM room WHERE ledger NOT IN (SELECT no FROM ledger);
DELETE FROM rack WHERE ledger NOT IN (SELECT no FROM ledger);
DELETE FROM asset WHERE ledger NOT IN (SELECT no FROM ledger);
DELETE FROM system WHERE ledger NOT IN (SELECT no FROM ledger);
DELETE FROM cluster WHERE ledger NOT IN (SELECT no FROM ledger);
DELETE FROM virtual_machine WHERE ledger NOT IN (SELECT no FROM ledger);
DELETE FROM resource_order WHERE ledger NOT IN (SELECT no FROM ledger);

DELETE FROM outbox WHERE record NOT IN (SELECT id FROM record);

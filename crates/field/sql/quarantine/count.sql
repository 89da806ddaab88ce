SELECT count(*) FROM quarantine JOIN record ON record.id = quarantine.record WHERE record.state <> 'delivered';

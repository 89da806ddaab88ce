DELETE FROM relay_waiting WHERE record_id = $1

SELECT record_id, envelope FROM relay_waiting WHERE terminal_id = $1 ORDER BY sequence

DELETE FROM relay_refusal WHERE terminal_id = $1 AND record_id = $2

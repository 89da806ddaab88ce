SELECT coalesce(max(sequence), 0) FROM record WHERE terminal_id = $1

SELECT envelope, terminal_id FROM record WHERE id = $1

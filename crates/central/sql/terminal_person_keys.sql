SELECT DISTINCT enrol_code.person_key_id FROM terminal JOIN enrol_code ON enrol_code.terminal_key_id = terminal.key_id WHERE terminal.id = $1 AND enrol_code.used_at > 0

SELECT DISTINCT enrol_code.terminal_key_id, person.name FROM enrol_code JOIN person ON person.id = enrol_code.person_id WHERE enrol_code.used_at > 0 ORDER BY enrol_code.terminal_key_id, person.name

SELECT number, head, enrolment, received_at FROM relay_terminal WHERE terminal_id = $1

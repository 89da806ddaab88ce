SELECT revocation.key_id FROM terminal JOIN revocation ON revocation.key_id = terminal.key_id WHERE terminal.id = $1

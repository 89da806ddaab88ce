SELECT id, password, disabled_at FROM console_account WHERE name = $1

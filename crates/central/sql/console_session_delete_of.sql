DELETE FROM console_session WHERE account_id IN (SELECT id FROM console_account WHERE name = $1)

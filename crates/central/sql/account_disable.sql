UPDATE console_account SET disabled_at = $2 WHERE name = $1 AND disabled_at = 0

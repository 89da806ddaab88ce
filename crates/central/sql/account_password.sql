UPDATE console_account SET password = $2 WHERE name = $1 AND disabled_at = 0

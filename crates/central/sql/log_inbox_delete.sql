DELETE FROM log_inbox WHERE id = $1

SELECT envelope FROM log_inbox WHERE kind = $1 AND subject = $2 ORDER BY id

SELECT envelope FROM log_entry WHERE kind = $1 AND subject = $2 ORDER BY idx

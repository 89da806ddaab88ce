SELECT COALESCE(MIN(kind), '') FROM log_entry WHERE kind > $1

SELECT idx, envelope FROM log_entry WHERE kind = $1 AND subject = $2 AND idx < $3 ORDER BY idx

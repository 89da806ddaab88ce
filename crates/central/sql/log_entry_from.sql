SELECT idx, kind, subject, envelope_sha256, envelope FROM log_entry WHERE idx >= $1 ORDER BY idx LIMIT 100

SELECT idx, kind, subject, envelope_sha256, logged_at, envelope FROM log_entry WHERE idx = $1

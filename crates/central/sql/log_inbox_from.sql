SELECT id, kind, subject, envelope_sha256, envelope FROM log_inbox WHERE id > $1 ORDER BY id LIMIT 100

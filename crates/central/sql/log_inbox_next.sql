SELECT id, kind, subject, envelope_sha256, envelope FROM log_inbox ORDER BY id LIMIT 1000

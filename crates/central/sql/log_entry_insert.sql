INSERT INTO log_entry (idx, kind, subject, envelope_sha256, envelope, logged_at) VALUES ($1, $2, $3, $4, $5, $6)

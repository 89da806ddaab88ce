INSERT INTO log_inbox (id, kind, subject, envelope_sha256, envelope) VALUES ($1, $2, $3, $4, $5)

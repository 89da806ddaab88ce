INSERT INTO log_inbox (id, kind, envelope_sha256, envelope) VALUES ($1, $2, $3, $4)

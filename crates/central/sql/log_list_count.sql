SELECT COUNT(*) FROM log_entry WHERE ($1 = '' OR log_entry.kind = $1) AND ($2 = '' OR log_entry.subject LIKE $2 ESCAPE '\' OR log_entry.envelope_sha256 LIKE $2 ESCAPE '\')

INSERT INTO round_closing (round_id, envelope_sha256, envelope, log_size, drawn_up_at, closed_at) VALUES ($1, $2, $3, $4, $5, $6)

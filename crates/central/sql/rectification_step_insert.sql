INSERT INTO rectification_step (envelope_sha256, envelope, rectification, place, round_id, kind, by_person, received_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)

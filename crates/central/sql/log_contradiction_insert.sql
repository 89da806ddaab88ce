INSERT INTO log_contradiction (note_sha256, note, brought_by, received_at) VALUES ($1, $2, $3, $4) ON CONFLICT (note_sha256) DO NOTHING

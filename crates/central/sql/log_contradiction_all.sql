SELECT note_sha256, note, brought_by, received_at FROM log_contradiction ORDER BY received_at, note_sha256

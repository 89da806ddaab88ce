SELECT envelope_sha256, envelope, rectification, place, round_id, kind, by_person, received_at FROM rectification_step WHERE rectification = $1 ORDER BY place

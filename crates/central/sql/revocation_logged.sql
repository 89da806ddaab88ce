SELECT envelope_sha256, idx, envelope FROM log_entry WHERE kind = 'revocation' ORDER BY idx

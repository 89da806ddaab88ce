SELECT id FROM log_inbox WHERE envelope_sha256 = $1

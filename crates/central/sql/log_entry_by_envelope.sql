SELECT idx, envelope FROM log_entry WHERE envelope_sha256 = $1

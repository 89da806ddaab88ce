SELECT envelope, problem, detail, received_at FROM set_aside WHERE envelope_sha256 = $1

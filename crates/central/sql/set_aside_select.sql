SELECT envelope FROM set_aside WHERE envelope_sha256 = $1

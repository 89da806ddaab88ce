SELECT rectification FROM rectification_step WHERE envelope_sha256 = $1

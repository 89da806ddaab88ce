SELECT envelope, envelope_sha256 FROM record WHERE envelope_sha256 = $1

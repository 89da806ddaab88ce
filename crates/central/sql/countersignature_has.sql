SELECT record_id, verdict FROM countersignature WHERE envelope_sha256 = $1

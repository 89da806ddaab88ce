SELECT delivered.envelope_sha256, log_entry.idx, log_entry.envelope FROM delivered LEFT JOIN log_entry ON log_entry.envelope_sha256 = delivered.envelope_sha256 WHERE delivered.record_id = $1

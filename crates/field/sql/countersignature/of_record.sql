SELECT sha256, envelope, state, receipt, log_index, problem
FROM countersignature
WHERE record = ?1
ORDER BY CASE WHEN log_index < 0 THEN 1 ELSE 0 END, log_index, signed_at;

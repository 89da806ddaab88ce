SELECT MAX(size) FROM cosignature WHERE is_outside = 1 AND size <= $1 AND NOT EXISTS (SELECT 1 FROM revocation WHERE revocation.key_id = cosignature.key_id) GROUP BY key_id ORDER BY 1

SELECT line FROM cosignature WHERE size = $1 AND is_outside >= $2 AND NOT EXISTS (SELECT 1 FROM revocation WHERE revocation.key_id = cosignature.key_id) ORDER BY key_id

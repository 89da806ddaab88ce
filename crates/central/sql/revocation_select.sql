SELECT envelope FROM revocation ORDER BY key_id

SELECT envelope FROM key_statement ORDER BY key_id

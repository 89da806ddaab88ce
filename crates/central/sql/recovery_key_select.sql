SELECT envelope FROM recovery_key WHERE id = 1

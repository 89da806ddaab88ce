SELECT envelope FROM recovery_key;

SELECT sha256, bytes FROM blob ORDER BY sha256

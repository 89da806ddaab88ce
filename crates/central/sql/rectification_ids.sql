SELECT DISTINCT rectification FROM rectification_step ORDER BY rectification

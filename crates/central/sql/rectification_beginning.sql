SELECT DISTINCT rectification FROM rectification_step WHERE rectification LIKE $1 ORDER BY rectification LIMIT 2

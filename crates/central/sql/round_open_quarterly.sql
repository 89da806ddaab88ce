SELECT id, title FROM round WHERE kind = 'quarterly' AND quarter = $1 AND closed_at = 0 ORDER BY opened_at, id

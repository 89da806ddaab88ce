SELECT id, quarter, title, plan_sha256 FROM round WHERE closed_at = 0 ORDER BY opened_at, id

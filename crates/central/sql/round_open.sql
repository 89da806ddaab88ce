SELECT id, quarter, title, plan_sha256, opened_at FROM round WHERE closed_at = 0 ORDER BY opened_at, id

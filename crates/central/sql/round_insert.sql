INSERT INTO round (id, kind, quarter, title, ledger_version, plan_sha256, opened_at, closed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, 0)

SELECT id, kind, quarter, title, ledger_version, plan_sha256, opened_at FROM round ORDER BY id

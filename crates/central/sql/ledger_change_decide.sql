UPDATE ledger_change SET decision = $2, approved = $3, decided_by = $4, decided_at = $5, version = $6 WHERE sha256 = $1

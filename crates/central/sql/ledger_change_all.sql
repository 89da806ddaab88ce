SELECT sha256, change_set, round_id, proposed_by, proposed_at, decision, approved, decided_by, decided_at, version FROM ledger_change ORDER BY proposed_at DESC, sha256

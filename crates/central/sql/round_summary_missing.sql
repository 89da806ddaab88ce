SELECT round.id, round.plan_sha256 FROM round LEFT JOIN round_summary ON round_summary.round_id = round.id WHERE round_summary.round_id IS NULL ORDER BY round.opened_at, round.id

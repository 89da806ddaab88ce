INSERT INTO round_summary (round_id, round, exclusions, visits, lines) VALUES ($1, $2, $3, $4, $5)

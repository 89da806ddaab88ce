SELECT round.id, (SELECT COUNT(*) FROM round_closing WHERE round_closing.round_id = round.id) FROM round WHERE round.closed_at > 0 ORDER BY round.id

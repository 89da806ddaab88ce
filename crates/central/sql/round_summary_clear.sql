DELETE FROM round_summary

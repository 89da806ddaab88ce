DELETE FROM finding_summary

DELETE FROM record_summary

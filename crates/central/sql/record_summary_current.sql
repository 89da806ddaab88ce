UPDATE record_summary SET is_current = CASE WHEN revision = (SELECT MAX(revision) FROM record_summary AS newest WHERE newest.visit_id = $1) THEN 1 ELSE 0 END WHERE visit_id = $1

SELECT record_id, decision_sha256, counts FROM decided_record ORDER BY record_id

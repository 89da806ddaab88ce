SELECT COUNT(*) FROM planned_visit JOIN record ON record.visit_id = planned_visit.id JOIN delivered ON delivered.record_id = record.id WHERE planned_visit.round_id = $1 AND record.revision = 1

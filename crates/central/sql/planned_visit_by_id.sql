SELECT planned_visit.sha256, round.plan_sha256 FROM planned_visit JOIN round ON round.id = planned_visit.round_id WHERE planned_visit.id = $1

INSERT INTO quarantine (record, problem, quarantined_at)
VALUES (?1, ?2, ?3)
ON CONFLICT (record) DO UPDATE SET problem = excluded.problem;

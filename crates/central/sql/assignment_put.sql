INSERT INTO assignment (visit_id, person_id, assigned_at) VALUES ($1, $2, $3) ON CONFLICT (visit_id) DO UPDATE SET person_id = excluded.person_id, assigned_at = excluded.assigned_at

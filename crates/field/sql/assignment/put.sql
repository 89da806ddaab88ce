INSERT INTO assignment (visit, person, name)
SELECT ?1, ?2, ?3
WHERE EXISTS (SELECT 1 FROM visit WHERE id = ?1)
ON CONFLICT (visit, person) DO NOTHING;

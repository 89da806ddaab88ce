SELECT id, name, party, roles, public_key
FROM person
ORDER BY enrolled_at, id;

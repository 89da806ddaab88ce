INSERT INTO person (id, name, party, roles, public_key, wrapped_key, enrolled_at)
VALUES (?1, ?2, ?3, ?4, ?5, '', ?6)
ON CONFLICT (id) DO UPDATE SET
    name = excluded.name,
    party = excluded.party,
    roles = excluded.roles,
    public_key = excluded.public_key;

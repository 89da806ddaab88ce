SELECT person.id, person.name, person.roles, party.id, party.kind, party.name FROM person JOIN party ON party.id = person.party_id ORDER BY person.id

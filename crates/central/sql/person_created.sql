SELECT person.id, person.created_at, (SELECT COUNT(*) FROM console_account WHERE console_account.person_id = person.id AND console_account.disabled_at = 0) FROM person ORDER BY person.id

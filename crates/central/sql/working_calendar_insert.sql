INSERT INTO working_calendar (id, calendar, set_by, set_at) VALUES ($1, $2, $3, $4)

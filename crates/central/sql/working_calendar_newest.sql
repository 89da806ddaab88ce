SELECT calendar, set_by, set_at FROM working_calendar ORDER BY set_at DESC, id DESC LIMIT 1

SELECT id FROM round WHERE is_open = 1 ORDER BY place;

INSERT INTO terminal_key (only_row, seed) VALUES (1, ?1)
ON CONFLICT (only_row) DO NOTHING;

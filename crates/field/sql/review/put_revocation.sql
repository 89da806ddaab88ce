INSERT INTO revocation_place (key_id, log_index) VALUES (?1, ?2) ON CONFLICT (key_id) DO NOTHING;

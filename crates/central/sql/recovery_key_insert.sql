INSERT INTO recovery_key (id, envelope, made_at) VALUES (1, $1, $2)

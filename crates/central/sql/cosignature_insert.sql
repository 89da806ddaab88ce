INSERT INTO cosignature (size, key_id, name, cosigned_at, is_outside, line, received_at) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (size, key_id) DO NOTHING

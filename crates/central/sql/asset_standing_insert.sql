INSERT INTO asset_standing (record_id, place, round_id, asset_id, rack_id, standing) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (record_id, place) DO NOTHING

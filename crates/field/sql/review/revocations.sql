SELECT key_id, log_index FROM revocation_place;

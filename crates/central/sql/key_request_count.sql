SELECT COUNT(*) FROM key_request

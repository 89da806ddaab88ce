UPDATE record_blob SET is_sent = ?2 WHERE sha256 = ?1;

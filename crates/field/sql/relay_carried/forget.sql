DELETE FROM relay_carried WHERE sha256 = ?1;

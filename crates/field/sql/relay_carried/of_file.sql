SELECT sha256 FROM relay_carried WHERE file = ?1 AND file_bytes = ?2;

INSERT OR IGNORE INTO record_blob (record, sha256, bytes, is_sent) VALUES (?1, ?2, ?3, 0);

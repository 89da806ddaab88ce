SELECT id FROM record WHERE substr(id, 1, length(?1)) = ?1 OR visit = ?1 ORDER BY sequence DESC LIMIT 2;

SELECT id, title FROM visit WHERE substr(id, 1, length(?1)) = ?1 LIMIT 5;

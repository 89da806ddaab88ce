SELECT EXISTS (SELECT 1 FROM photo_released WHERE sha256 = ?1);

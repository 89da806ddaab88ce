DELETE FROM photo_released WHERE sha256 = ?1;

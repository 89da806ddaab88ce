SELECT sha256 FROM photo_released;

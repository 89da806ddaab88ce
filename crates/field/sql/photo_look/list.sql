SELECT look, sha256 FROM photo_look;

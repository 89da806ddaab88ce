SELECT bytes FROM chunk WHERE sha256 = ?1;

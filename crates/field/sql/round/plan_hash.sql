SELECT plan_sha256 FROM round WHERE id = ?1;

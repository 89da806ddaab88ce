UPDATE package SET pulled = ?1;

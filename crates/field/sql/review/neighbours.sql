SELECT id, sequence, envelope FROM review_record WHERE terminal = ?1 AND sequence BETWEEN ?2 - 1 AND ?2 + 1;

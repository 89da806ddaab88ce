SELECT document FROM must_check WHERE visit = ?1 ORDER BY place;

SELECT delivered, receipt, received_at FROM receipt WHERE record = ?1;

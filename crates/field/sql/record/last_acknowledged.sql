SELECT coalesce(max(sequence), 0) FROM record WHERE state IN ('partly_sent', 'delivered');

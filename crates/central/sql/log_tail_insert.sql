INSERT INTO log_tail (id, size, checkpoint) VALUES (1, 0, '')

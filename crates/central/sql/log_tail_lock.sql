UPDATE log_tail SET size = size WHERE id = 1

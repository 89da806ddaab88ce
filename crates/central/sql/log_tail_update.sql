UPDATE log_tail SET size = $1, checkpoint = $2 WHERE id = 1

SELECT size, checkpoint FROM log_tail WHERE id = 1

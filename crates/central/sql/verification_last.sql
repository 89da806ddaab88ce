SELECT run FROM verification_run WHERE id = 1

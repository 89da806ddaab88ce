SELECT id FROM record WHERE beside > 0

SELECT version FROM read_model WHERE id = 1

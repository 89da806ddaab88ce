SELECT id, kind, name FROM party ORDER BY id

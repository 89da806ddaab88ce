SELECT kind, envelope FROM key_statement ORDER BY rowid;

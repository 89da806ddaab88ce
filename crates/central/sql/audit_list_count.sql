SELECT COUNT(*) FROM audit WHERE ($1 = '' OR LOWER(actor) LIKE $1 ESCAPE '\' OR LOWER(action) LIKE $1 ESCAPE '\' OR LOWER(details) LIKE $1 ESCAPE '\')

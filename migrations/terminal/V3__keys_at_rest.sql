-- Version 3: the database is encrypted, so it may hold what only its owners may know.

-- The terminal's own signing key, 64 hexadecimal digits; made before the first enrolment, the same ever after.
CREATE TABLE terminal_key (
    only_row INTEGER NOT NULL PRIMARY KEY CHECK (only_row = 1),
    seed     TEXT    NOT NULL
) STRICT;

-- The site's recovery key as the root signed it.
CREATE TABLE recovery_key (
    only_row INTEGER NOT NULL PRIMARY KEY CHECK (only_row = 1),
    envelope TEXT    NOT NULL
) STRICT;

-- What this terminal is set to, by name.
CREATE TABLE setting (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

-- Each time a damaged database was moved aside, and what was found in it.
CREATE TABLE salvage (
    salvaged_at INTEGER NOT NULL PRIMARY KEY,
    report      TEXT    NOT NULL
) STRICT;

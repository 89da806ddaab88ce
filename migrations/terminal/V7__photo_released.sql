-- Version 7: originals that were removed to make room, after the receipts of all their records had been verified.

-- The row comes before the file goes: a file that is gone without a row is missing, with one it was released.
CREATE TABLE photo_released (
    sha256      TEXT    NOT NULL PRIMARY KEY,
    bytes       INTEGER NOT NULL,
    released_at INTEGER NOT NULL
) STRICT;

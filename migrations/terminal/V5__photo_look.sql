-- Version 5: what photos look like, so that one used before is noticed when it comes again.

-- In the order in which photos came; `look` is a perceptual hash of 64 bits (crates/field/src/photo/look.rs). A flat picture
-- and a table have none. The row of a photo that was taken back stays and matches nothing, because no evidence names it.
CREATE TABLE photo_look (
    no     INTEGER NOT NULL PRIMARY KEY,
    sha256 TEXT    NOT NULL UNIQUE,
    look   INTEGER NOT NULL,
    bytes  INTEGER NOT NULL
) STRICT;

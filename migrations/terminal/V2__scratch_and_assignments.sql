-- Version 2: what pages keep over a kill, and who was asked to walk a visit.

-- 便笺: texts of a page, one a person and key. Nobody's evidence.
CREATE TABLE scratch (
    person  TEXT    NOT NULL REFERENCES person (id),
    key     TEXT    NOT NULL,
    text    TEXT    NOT NULL,
    kept_at INTEGER NOT NULL,
    PRIMARY KEY (person, key)
) STRICT, WITHOUT ROWID;

-- 派工: the newest package's list. A person may be unknown on this terminal, so there is no reference.
CREATE TABLE assignment (
    visit  TEXT NOT NULL REFERENCES visit (id),
    person TEXT NOT NULL,
    name   TEXT NOT NULL,
    PRIMARY KEY (visit, person)
) STRICT, WITHOUT ROWID;

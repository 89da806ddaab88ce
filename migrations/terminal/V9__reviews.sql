-- Version 9: records pulled for review, countersignatures on their way and from others, and amendments.

-- A record under review with its proofs, as it was pulled; other people's work, so it is no row of `record`. `is_due` is 0 for a
-- record of the round before, which is here to be compared with. `summary` is derived from the bytes when they came.
CREATE TABLE review_record (
    id             TEXT    NOT NULL PRIMARY KEY,
    visit          TEXT    NOT NULL,
    revision       INTEGER NOT NULL,
    terminal       TEXT    NOT NULL,
    sequence       INTEGER NOT NULL,
    is_due         INTEGER NOT NULL CHECK (is_due IN (0, 1)),
    earlier        TEXT    NOT NULL,
    summary        TEXT    NOT NULL,
    envelope       TEXT    NOT NULL,
    record_receipt TEXT    NOT NULL,
    delivered      TEXT    NOT NULL,
    receipt        TEXT    NOT NULL,
    log_index      INTEGER NOT NULL,
    pulled_at      INTEGER NOT NULL
) STRICT;
CREATE INDEX review_record_of_visit ON review_record (visit, revision);
CREATE INDEX review_record_in_chain ON review_record (terminal, sequence);

-- 复核签名: of this terminal's people until they are logged, and of others as they came. `log_index` is -1 and `receipt` empty
-- while it is not known to be in the log; `problem` says why the service refused it.
CREATE TABLE countersignature (
    sha256    TEXT    NOT NULL PRIMARY KEY,
    record    TEXT    NOT NULL,
    reviewer  TEXT    NOT NULL,
    verdict   TEXT    NOT NULL CHECK (verdict IN ('accepted', 'returned')),
    envelope  TEXT    NOT NULL,
    state     TEXT    NOT NULL CHECK (state IN ('queued', 'stored', 'logged', 'refused')),
    receipt   TEXT    NOT NULL,
    log_index INTEGER NOT NULL,
    problem   TEXT    NOT NULL,
    signed_at INTEGER NOT NULL
) STRICT;
CREATE INDEX countersignature_of_record ON countersignature (record, log_index);
CREATE INDEX countersignature_by_state ON countersignature (state, signed_at);

CREATE TRIGGER countersignature_stays
BEFORE DELETE ON countersignature
BEGIN
    SELECT RAISE(ABORT, 'a countersignature is never deleted');
END;

-- Where the log has each revocation: what it has before that stands.
CREATE TABLE revocation_place (
    key_id    TEXT    NOT NULL PRIMARY KEY,
    log_index INTEGER NOT NULL
) STRICT;

-- Photos fetched to be looked at.
CREATE TABLE review_photo (
    sha256     TEXT    NOT NULL PRIMARY KEY,
    bytes      INTEGER NOT NULL,
    fetched_at INTEGER NOT NULL
) STRICT;

-- 更正: the draft that corrects a record.
CREATE TABLE amendment (
    draft       TEXT    NOT NULL PRIMARY KEY REFERENCES draft (id),
    record      TEXT    NOT NULL REFERENCES record (id),
    returned_by TEXT    NOT NULL,
    revision    INTEGER NOT NULL CHECK (revision >= 2),
    reason      TEXT    NOT NULL
) STRICT;

-- The terminal's database, version 1. Rules: README.md beside this file.

-- Who this terminal is, and the root of trust it was enrolled under.
CREATE TABLE terminal (
    only_row         INTEGER NOT NULL PRIMARY KEY CHECK (only_row = 1),
    id               TEXT    NOT NULL,
    name             TEXT    NOT NULL,
    service_url      TEXT    NOT NULL,
    public_key       TEXT    NOT NULL,
    site_name        TEXT    NOT NULL,
    site_root        TEXT    NOT NULL,
    root_fingerprint TEXT    NOT NULL,
    root_pinned      INTEGER NOT NULL CHECK (root_pinned IN (0, 1)),
    enrolled_at      INTEGER NOT NULL
) STRICT;

-- People who work on this terminal, each with a signing key wrapped under a passphrase of their own.
CREATE TABLE person (
    id          TEXT    NOT NULL PRIMARY KEY,
    name        TEXT    NOT NULL,
    party       TEXT    NOT NULL,
    roles       TEXT    NOT NULL,
    public_key  TEXT    NOT NULL,
    wrapped_key TEXT    NOT NULL,
    enrolled_at INTEGER NOT NULL
) STRICT;

-- Keys made for a code, stored before the service is asked: when an answer is lost, the same code goes with the same keys.
CREATE TABLE enrolment (
    code_sha256 TEXT    NOT NULL PRIMARY KEY,
    public_key  TEXT    NOT NULL,
    wrapped_key TEXT    NOT NULL,
    begun_at    INTEGER NOT NULL
) STRICT;

-- Content-addressed documents of work packages. A pull that breaks goes on from what is here.
CREATE TABLE chunk (
    sha256 TEXT NOT NULL PRIMARY KEY,
    bytes  BLOB NOT NULL
) STRICT;

-- Key statements and revocations as envelopes; they only ever grow.
CREATE TABLE key_statement (
    sha256   TEXT NOT NULL PRIMARY KEY,
    kind     TEXT NOT NULL CHECK (kind IN ('holder', 'revocation')),
    envelope TEXT NOT NULL
) STRICT;

CREATE TABLE package (
    only_row     INTEGER NOT NULL PRIMARY KEY CHECK (only_row = 1),
    etag         TEXT    NOT NULL,
    label_host   TEXT    NOT NULL,
    label_prints TEXT    NOT NULL,
    limits       TEXT    NOT NULL,
    service_desk TEXT    NOT NULL,
    pulled       TEXT    NOT NULL
) STRICT;

-- The newest state of the log that this terminal saw and checked.
CREATE TABLE checkpoint (
    only_row INTEGER NOT NULL PRIMARY KEY CHECK (only_row = 1),
    size     INTEGER NOT NULL,
    note     TEXT    NOT NULL
) STRICT;

-- The last time token: a checkpoint cosigned with the time, and this terminal's clock when it came.
CREATE TABLE time_token (
    only_row INTEGER NOT NULL PRIMARY KEY CHECK (only_row = 1),
    note     TEXT    NOT NULL,
    time_at  INTEGER NOT NULL,
    received TEXT    NOT NULL
) STRICT;

-- Ledger versions that open rounds or drafts are held against, as rows for look-up.
CREATE TABLE ledger (
    no      INTEGER NOT NULL PRIMARY KEY,
    sha256  TEXT    NOT NULL UNIQUE,
    version INTEGER NOT NULL
) STRICT;

CREATE TABLE room (
    ledger INTEGER NOT NULL REFERENCES ledger (no) ON DELETE CASCADE,
    id     TEXT    NOT NULL,
    name   TEXT    NOT NULL,
    PRIMARY KEY (ledger, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE rack (
    ledger INTEGER NOT NULL REFERENCES ledger (no) ON DELETE CASCADE,
    id     TEXT    NOT NULL,
    room   TEXT    NOT NULL,
    name   TEXT    NOT NULL,
    units  INTEGER NOT NULL,
    PRIMARY KEY (ledger, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE asset (
    ledger    INTEGER NOT NULL REFERENCES ledger (no) ON DELETE CASCADE,
    id        TEXT    NOT NULL,
    rack      TEXT    NOT NULL,
    room      TEXT    NOT NULL,
    position  INTEGER NOT NULL,
    name      TEXT    NOT NULL,
    serial    TEXT    NOT NULL,
    asset_tag TEXT    NOT NULL,
    entry     TEXT    NOT NULL,
    PRIMARY KEY (ledger, id)
) STRICT;
CREATE INDEX asset_of_rack ON asset (ledger, rack, position);
CREATE INDEX asset_by_serial ON asset (ledger, serial) WHERE serial <> '';
CREATE INDEX asset_by_tag ON asset (ledger, asset_tag) WHERE asset_tag <> '';
CREATE INDEX asset_by_name ON asset (ledger, name) WHERE name <> '';

CREATE TABLE system (
    ledger   INTEGER NOT NULL REFERENCES ledger (no) ON DELETE CASCADE,
    id       TEXT    NOT NULL,
    name     TEXT    NOT NULL,
    document TEXT    NOT NULL,
    PRIMARY KEY (ledger, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE cluster (
    ledger INTEGER NOT NULL REFERENCES ledger (no) ON DELETE CASCADE,
    id     TEXT    NOT NULL,
    name   TEXT    NOT NULL,
    PRIMARY KEY (ledger, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE virtual_machine (
    ledger      INTEGER NOT NULL REFERENCES ledger (no) ON DELETE CASCADE,
    id          TEXT    NOT NULL,
    cluster     TEXT    NOT NULL,
    owning_unit TEXT    NOT NULL,
    PRIMARY KEY (ledger, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX virtual_machine_of_cluster ON virtual_machine (ledger, cluster, owning_unit);

CREATE TABLE resource_order (
    ledger      INTEGER NOT NULL REFERENCES ledger (no) ON DELETE CASCADE,
    order_no    TEXT    NOT NULL,
    owning_unit TEXT    NOT NULL,
    document    TEXT    NOT NULL
) STRICT;
CREATE INDEX resource_order_by_no ON resource_order (ledger, order_no);

-- Plans. A round that a newer package no longer holds stays, because drafts and records refer to it.
CREATE TABLE round (
    id          TEXT    NOT NULL PRIMARY KEY,
    plan        TEXT    NOT NULL,
    plan_sha256 TEXT    NOT NULL,
    receipt     TEXT    NOT NULL,
    template    TEXT    NOT NULL REFERENCES chunk (sha256),
    ledger      INTEGER NOT NULL REFERENCES ledger (no),
    place       INTEGER NOT NULL,
    is_open     INTEGER NOT NULL CHECK (is_open IN (0, 1))
) STRICT;

CREATE TABLE visit (
    id           TEXT    NOT NULL PRIMARY KEY,
    round        TEXT    NOT NULL REFERENCES round (id),
    document     TEXT    NOT NULL REFERENCES chunk (sha256),
    kind         TEXT    NOT NULL CHECK (kind IN ('room', 'rack', 'cluster', 'system')),
    title        TEXT    NOT NULL,
    subject_kind TEXT    NOT NULL,
    subject_id   TEXT    NOT NULL,
    line_count   INTEGER NOT NULL,
    place        INTEGER NOT NULL
) STRICT;
CREATE INDEX visit_of_round ON visit (round, place);
CREATE INDEX visit_of_subject ON visit (subject_kind, subject_id);

CREATE TABLE label_print (
    id          TEXT NOT NULL PRIMARY KEY,
    code        TEXT NOT NULL,
    subject     TEXT NOT NULL,
    side        TEXT NOT NULL,
    replaced_by TEXT NOT NULL
) STRICT;
CREATE INDEX label_print_by_code ON label_print (code);

-- 草稿: one open draft a person and visit.
CREATE TABLE draft (
    id         TEXT    NOT NULL PRIMARY KEY,
    visit      TEXT    NOT NULL REFERENCES visit (id),
    person     TEXT    NOT NULL REFERENCES person (id),
    state      TEXT    NOT NULL CHECK (state IN ('open', 'sealed')),
    started    TEXT    NOT NULL,
    last_seen  TEXT    NOT NULL,
    is_closed  INTEGER NOT NULL CHECK (is_closed IN (0, 1))
) STRICT;
CREATE UNIQUE INDEX draft_open ON draft (visit, person) WHERE state = 'open';
CREATE INDEX draft_of_visit ON draft (visit);

CREATE TABLE draft_line (
    draft   TEXT    NOT NULL REFERENCES draft (id),
    line    INTEGER NOT NULL,
    outcome TEXT    NOT NULL,
    is_bulk INTEGER NOT NULL CHECK (is_bulk IN (0, 1)),
    answer  TEXT    NOT NULL,
    PRIMARY KEY (draft, line)
) STRICT, WITHOUT ROWID;

CREATE TABLE draft_check (
    draft     TEXT    NOT NULL REFERENCES draft (id),
    line      INTEGER NOT NULL,
    check_key TEXT    NOT NULL,
    is_bulk   INTEGER NOT NULL CHECK (is_bulk IN (0, 1)),
    result    TEXT    NOT NULL,
    PRIMARY KEY (draft, line, check_key)
) STRICT, WITHOUT ROWID;

CREATE TABLE draft_scan (
    draft TEXT    NOT NULL REFERENCES draft (id),
    place INTEGER NOT NULL,
    scan  TEXT    NOT NULL,
    PRIMARY KEY (draft, place)
) STRICT, WITHOUT ROWID;

-- Sightings; `asset` is empty for what the ledger does not have.
CREATE TABLE draft_sighting (
    draft    TEXT    NOT NULL REFERENCES draft (id),
    place    INTEGER NOT NULL,
    asset    TEXT    NOT NULL,
    sighting TEXT    NOT NULL,
    PRIMARY KEY (draft, place)
) STRICT, WITHOUT ROWID;

CREATE TABLE draft_finding (
    draft   TEXT    NOT NULL REFERENCES draft (id),
    id      TEXT    NOT NULL,
    finding TEXT    NOT NULL,
    PRIMARY KEY (draft, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE draft_evidence (
    draft    TEXT NOT NULL REFERENCES draft (id),
    sha256   TEXT NOT NULL,
    evidence TEXT NOT NULL,
    PRIMARY KEY (draft, sha256)
) STRICT, WITHOUT ROWID;
CREATE INDEX draft_evidence_by_hash ON draft_evidence (sha256);

-- Which lines a photo belongs to, in the order they were attached.
CREATE TABLE draft_photo (
    draft  TEXT    NOT NULL,
    line   INTEGER NOT NULL,
    place  INTEGER NOT NULL,
    sha256 TEXT    NOT NULL,
    PRIMARY KEY (draft, line, place),
    FOREIGN KEY (draft, sha256) REFERENCES draft_evidence (draft, sha256)
) STRICT, WITHOUT ROWID;

-- Every time wall clock and monotonic clock disagreed while the draft was open.
CREATE TABLE draft_jump (
    draft TEXT    NOT NULL REFERENCES draft (id),
    place INTEGER NOT NULL,
    jump  TEXT    NOT NULL,
    PRIMARY KEY (draft, place)
) STRICT, WITHOUT ROWID;

-- 巡检记录: sealed, immutable, one chain a terminal. States go one way.
CREATE TABLE record (
    id              TEXT    NOT NULL PRIMARY KEY,
    sequence        INTEGER NOT NULL UNIQUE CHECK (sequence >= 1),
    draft           TEXT    NOT NULL UNIQUE REFERENCES draft (id),
    visit           TEXT    NOT NULL REFERENCES visit (id),
    person          TEXT    NOT NULL REFERENCES person (id),
    envelope        TEXT    NOT NULL,
    envelope_sha256 TEXT    NOT NULL,
    sealed          TEXT    NOT NULL,
    state           TEXT    NOT NULL CHECK (state IN ('sealed', 'queued', 'partly_sent', 'delivered'))
) STRICT;
CREATE INDEX record_by_state ON record (state, sequence);
CREATE INDEX record_of_visit ON record (visit);

CREATE TRIGGER record_is_immutable
BEFORE UPDATE OF id, sequence, draft, visit, person, envelope, envelope_sha256, sealed ON record
BEGIN
    SELECT RAISE(ABORT, 'a sealed record is immutable');
END;

CREATE TRIGGER record_stays
BEFORE DELETE ON record
BEGIN
    SELECT RAISE(ABORT, 'a sealed record is never deleted');
END;

CREATE TRIGGER record_state_goes_one_way
BEFORE UPDATE OF state ON record
WHEN instr('sealed queued partly_sent delivered', NEW.state) < instr('sealed queued partly_sent delivered', OLD.state)
BEGIN
    SELECT RAISE(ABORT, 'the state of a record goes one way');
END;

CREATE TRIGGER record_is_delivered_by_receipt
BEFORE UPDATE OF state ON record
WHEN NEW.state = 'delivered' AND NOT EXISTS (SELECT 1 FROM receipt WHERE record = NEW.id)
BEGIN
    SELECT RAISE(ABORT, 'a record is delivered by its receipt only');
END;

-- An answer of a sealed draft is part of a signed record.
CREATE TRIGGER draft_stays_sealed
BEFORE UPDATE OF state ON draft
WHEN OLD.state = 'sealed' AND NEW.state <> 'sealed'
BEGIN
    SELECT RAISE(ABORT, 'a sealed draft stays sealed');
END;

CREATE TABLE record_blob (
    record  TEXT    NOT NULL REFERENCES record (id),
    sha256  TEXT    NOT NULL,
    bytes   INTEGER NOT NULL,
    is_sent INTEGER NOT NULL CHECK (is_sent IN (0, 1)),
    PRIMARY KEY (record, sha256)
) STRICT, WITHOUT ROWID;
CREATE INDEX record_blob_by_hash ON record_blob (sha256);

-- 待上传队列: how sending a record went so far.
CREATE TABLE outbox (
    record        TEXT    NOT NULL PRIMARY KEY REFERENCES record (id),
    attempts      INTEGER NOT NULL,
    last_error    TEXT    NOT NULL,
    last_tried_at INTEGER NOT NULL
) STRICT;

-- Records that the service refused for good; the others go on.
CREATE TABLE quarantine (
    record         TEXT    NOT NULL PRIMARY KEY REFERENCES record (id),
    problem        TEXT    NOT NULL,
    quarantined_at INTEGER NOT NULL
) STRICT;

-- 存证回执: the service's `Delivered` statement and the proof that the log holds it.
CREATE TABLE receipt (
    record      TEXT    NOT NULL PRIMARY KEY REFERENCES record (id),
    delivered   TEXT    NOT NULL,
    receipt     TEXT    NOT NULL,
    received_at INTEGER NOT NULL
) STRICT;

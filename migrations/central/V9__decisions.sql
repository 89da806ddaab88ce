-- 裁定: which of several records counts, as it was signed. decided_record holds what the last decision in the log's order says
-- of each record; both are derived from the leaves again by `xunjian fsck`.
CREATE TABLE decision (
    envelope_sha256 TEXT PRIMARY KEY,
    envelope BYTEA NOT NULL,
    visit_id TEXT NOT NULL,
    revision BIGINT NOT NULL,
    decided_by TEXT NOT NULL,
    decided_at BIGINT NOT NULL,
    received_at BIGINT NOT NULL
);
CREATE INDEX decision_visit ON decision (visit_id, revision);

CREATE TABLE decided_record (
    record_id TEXT PRIMARY KEY,
    decision_sha256 TEXT NOT NULL REFERENCES decision (envelope_sha256),
    counts BIGINT NOT NULL
);

-- A record that a decision took in may stand beside another one, at the same place of the terminal's chain or as the same
-- revision of the visit. `beside` is 0 for the one that came first, and counts up. The tables are made anew, because no dialect
-- of both databases takes a constraint away.
CREATE TABLE record_v9 (
    id TEXT PRIMARY KEY,
    envelope_sha256 TEXT NOT NULL UNIQUE,
    envelope BYTEA NOT NULL,
    terminal_id TEXT NOT NULL REFERENCES terminal (id),
    sequence BIGINT NOT NULL,
    visit_id TEXT NOT NULL REFERENCES planned_visit (id),
    revision BIGINT NOT NULL,
    inspector_id TEXT NOT NULL,
    sealed_at BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    beside BIGINT NOT NULL,
    UNIQUE (terminal_id, sequence, beside),
    UNIQUE (visit_id, revision, beside)
);
INSERT INTO record_v9 (id, envelope_sha256, envelope, terminal_id, sequence, visit_id, revision, inspector_id, sealed_at, received_at, beside)
SELECT id, envelope_sha256, envelope, terminal_id, sequence, visit_id, revision, inspector_id, sealed_at, received_at, 0 FROM record;

CREATE TABLE record_blob_v9 (
    record_id TEXT NOT NULL REFERENCES record_v9 (id),
    sha256 TEXT NOT NULL,
    bytes BIGINT NOT NULL,
    PRIMARY KEY (record_id, sha256)
);
INSERT INTO record_blob_v9 (record_id, sha256, bytes) SELECT record_id, sha256, bytes FROM record_blob;

CREATE TABLE delivered_v9 (
    record_id TEXT PRIMARY KEY REFERENCES record_v9 (id),
    envelope_sha256 TEXT NOT NULL UNIQUE,
    stored_at BIGINT NOT NULL
);
INSERT INTO delivered_v9 (record_id, envelope_sha256, stored_at) SELECT record_id, envelope_sha256, stored_at FROM delivered;

DROP TABLE delivered;
DROP TABLE record_blob;
DROP TABLE record;
ALTER TABLE record_v9 RENAME TO record;
ALTER TABLE record_blob_v9 RENAME TO record_blob;
ALTER TABLE delivered_v9 RENAME TO delivered;
CREATE INDEX record_blob_sha256 ON record_blob (sha256);

-- A record is its envelope's exact bytes; the columns beside them are found in those bytes and only serve look-ups.
CREATE TABLE record (
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
    UNIQUE (terminal_id, sequence),
    UNIQUE (visit_id, revision)
);

CREATE TABLE record_blob (
    record_id TEXT NOT NULL REFERENCES record (id),
    sha256 TEXT NOT NULL,
    bytes BIGINT NOT NULL,
    PRIMARY KEY (record_id, sha256)
);
CREATE INDEX record_blob_sha256 ON record_blob (sha256);

-- Blobs that are stored completely and were re-hashed from the disk.
CREATE TABLE blob (
    sha256 TEXT PRIMARY KEY,
    bytes BIGINT NOT NULL,
    stored_at BIGINT NOT NULL
);

-- Records that were refused, byte for byte, for a person to look at.
CREATE TABLE set_aside (
    envelope_sha256 TEXT PRIMARY KEY,
    envelope BYTEA NOT NULL,
    terminal_id TEXT NOT NULL,
    problem TEXT NOT NULL,
    detail TEXT NOT NULL,
    received_at BIGINT NOT NULL
);
CREATE INDEX set_aside_terminal ON set_aside (terminal_id);

CREATE TABLE delivered (
    record_id TEXT PRIMARY KEY REFERENCES record (id),
    envelope_sha256 TEXT NOT NULL UNIQUE,
    stored_at BIGINT NOT NULL
);

-- What waits for the sequencer. Ids are UUIDv7, so that older entries come first; the order that counts is the log's.
-- The subject is what a statement speaks of: a record, a key or a round; empty for the others.
CREATE TABLE log_inbox (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    envelope_sha256 TEXT NOT NULL UNIQUE,
    envelope BYTEA NOT NULL
);

CREATE TABLE log_entry (
    idx BIGINT PRIMARY KEY,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    envelope_sha256 TEXT NOT NULL UNIQUE,
    envelope BYTEA NOT NULL,
    logged_at BIGINT NOT NULL
);

CREATE INDEX log_inbox_subject ON log_inbox (kind, subject);
CREATE INDEX log_entry_subject ON log_entry (kind, subject);

-- Hashes of complete subtrees: (0, i) is leaf i, (l, i) covers the leaves from i * 2^l on. Written once.
CREATE TABLE log_node (
    level BIGINT NOT NULL,
    idx BIGINT NOT NULL,
    hash TEXT NOT NULL,
    PRIMARY KEY (level, idx)
);

-- One row: the tail. Locked by the sequencer that works.
CREATE TABLE log_tail (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    size BIGINT NOT NULL,
    checkpoint TEXT NOT NULL
);

CREATE TABLE audit (
    id TEXT PRIMARY KEY,
    at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    details TEXT NOT NULL
);

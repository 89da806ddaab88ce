-- The dialect both SQLite and PostgreSQL run: BIGINT, TEXT, BYTEA; times in unix ms; ids as text (README.md).
CREATE TABLE site (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    site_root TEXT NOT NULL,
    label_host TEXT NOT NULL,
    service_desk TEXT NOT NULL,
    limits TEXT NOT NULL
);

CREATE TABLE party (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    name TEXT NOT NULL
);

CREATE TABLE person (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    party_id TEXT NOT NULL REFERENCES party (id),
    roles TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE terminal (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    key_id TEXT NOT NULL UNIQUE,
    public_key TEXT NOT NULL,
    enrolled_at BIGINT NOT NULL
);

-- One-time codes, stored hashed. used_at is 0 until the code is used; then it belongs to those two keys for ever.
CREATE TABLE enrol_code (
    code_sha256 TEXT PRIMARY KEY,
    person_id TEXT NOT NULL REFERENCES person (id),
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT NOT NULL,
    terminal_key_id TEXT NOT NULL,
    person_key_id TEXT NOT NULL
);

-- Keys that proved possession and wait for the site root.
CREATE TABLE key_request (
    key_id TEXT PRIMARY KEY,
    statement TEXT NOT NULL,
    requested_at BIGINT NOT NULL
);

CREATE TABLE key_statement (
    key_id TEXT PRIMARY KEY,
    envelope BYTEA NOT NULL
);

CREATE TABLE revocation (
    key_id TEXT PRIMARY KEY,
    envelope BYTEA NOT NULL,
    received_at BIGINT NOT NULL
);

CREATE TABLE session_nonce (
    nonce_sha256 TEXT PRIMARY KEY,
    terminal_id TEXT NOT NULL REFERENCES terminal (id),
    expires_at BIGINT NOT NULL
);

CREATE TABLE session (
    token_sha256 TEXT PRIMARY KEY,
    terminal_id TEXT NOT NULL REFERENCES terminal (id),
    expires_at BIGINT NOT NULL
);

-- Content-addressed documents: templates, ledger manifests and chunks, planned visits, label prints.
CREATE TABLE chunk (
    sha256 TEXT PRIMARY KEY,
    bytes BYTEA NOT NULL
);

CREATE TABLE ledger_version (
    version BIGINT PRIMARY KEY,
    sha256 TEXT NOT NULL,
    source TEXT NOT NULL,
    report TEXT NOT NULL,
    imported_at BIGINT NOT NULL
);

CREATE TABLE round (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    quarter TEXT NOT NULL,
    title TEXT NOT NULL,
    ledger_version BIGINT NOT NULL REFERENCES ledger_version (version),
    plan_sha256 TEXT NOT NULL UNIQUE,
    opened_at BIGINT NOT NULL,
    closed_at BIGINT NOT NULL
);

CREATE TABLE planned_visit (
    id TEXT PRIMARY KEY,
    round_id TEXT NOT NULL REFERENCES round (id),
    sha256 TEXT NOT NULL,
    kind TEXT NOT NULL,
    title TEXT NOT NULL,
    lines BIGINT NOT NULL
);

CREATE TABLE label_print (
    id TEXT PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    subject_kind TEXT NOT NULL,
    subject_id TEXT NOT NULL,
    side TEXT NOT NULL,
    payload TEXT NOT NULL,
    printed_at BIGINT NOT NULL,
    replaced_by TEXT NOT NULL
);
CREATE INDEX label_print_subject ON label_print (subject_kind, subject_id, side);

-- People log in to the console with a name and a password, stored as an Argon2id PHC string. disabled_at is 0 while the
-- account counts.
CREATE TABLE console_account (
    id TEXT PRIMARY KEY,
    person_id TEXT NOT NULL REFERENCES person (id),
    name TEXT NOT NULL UNIQUE,
    password TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    disabled_at BIGINT NOT NULL
);
CREATE INDEX console_account_person ON console_account (person_id);

CREATE TABLE console_session (
    token_sha256 TEXT PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES console_account (id),
    csrf TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    last_seen BIGINT NOT NULL
);
CREATE INDEX console_session_account ON console_session (account_id);

-- Who is to walk a visit.
CREATE TABLE assignment (
    visit_id TEXT PRIMARY KEY REFERENCES planned_visit (id),
    person_id TEXT NOT NULL REFERENCES person (id),
    assigned_at BIGINT NOT NULL
);

-- The last run of the verification, as it was answered.
CREATE TABLE verification_run (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    at BIGINT NOT NULL,
    run TEXT NOT NULL
);

-- From here on: the read model of the console. It is derived from plans and records, filled in the transaction that accepts
-- them, and nothing is ever proved with it. `read_model` says which version of the derivation filled the tables.
CREATE TABLE read_model (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    version BIGINT NOT NULL
);

CREATE TABLE round_summary (
    round_id TEXT PRIMARY KEY,
    round TEXT NOT NULL,
    exclusions TEXT NOT NULL,
    visits BIGINT NOT NULL,
    lines BIGINT NOT NULL
);

-- Where a planned visit stands: its place in the plan, what is visited, and the room (empty for clusters).
CREATE TABLE visit_place (
    visit_id TEXT PRIMARY KEY,
    round_id TEXT NOT NULL,
    place BIGINT NOT NULL,
    subject_kind TEXT NOT NULL,
    subject_id TEXT NOT NULL,
    subject_name TEXT NOT NULL,
    room_id TEXT NOT NULL,
    room_name TEXT NOT NULL
);
CREATE INDEX visit_place_round ON visit_place (round_id, place);
CREATE INDEX planned_visit_round ON planned_visit (round_id);

CREATE TABLE record_summary (
    record_id TEXT PRIMARY KEY,
    round_id TEXT NOT NULL,
    visit_id TEXT NOT NULL,
    revision BIGINT NOT NULL,
    is_current BIGINT NOT NULL,
    kind TEXT NOT NULL,
    title TEXT NOT NULL,
    inspector_id TEXT NOT NULL,
    inspector_name TEXT NOT NULL,
    terminal_id TEXT NOT NULL,
    sequence BIGINT NOT NULL,
    sealed_at BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    lines BIGINT NOT NULL,
    normal BIGINT NOT NULL,
    abnormal BIGINT NOT NULL,
    not_applicable BIGINT NOT NULL,
    not_checked BIGINT NOT NULL,
    bulk BIGINT NOT NULL,
    findings BIGINT NOT NULL,
    discrepancies BIGINT NOT NULL,
    unverified BIGINT NOT NULL,
    jumps BIGINT NOT NULL,
    damaged BIGINT NOT NULL,
    search TEXT NOT NULL
);
CREATE INDEX record_summary_received ON record_summary (received_at, record_id);
CREATE INDEX record_summary_round ON record_summary (round_id, received_at, record_id);
CREATE INDEX record_summary_visit ON record_summary (visit_id, revision);
CREATE INDEX record_summary_inspector ON record_summary (inspector_id, received_at, record_id);

CREATE TABLE finding_summary (
    record_id TEXT NOT NULL,
    finding_id TEXT NOT NULL,
    round_id TEXT NOT NULL,
    severity TEXT NOT NULL,
    is_fixed BIGINT NOT NULL,
    due_on TEXT NOT NULL,
    found_at BIGINT NOT NULL,
    subject_name TEXT NOT NULL,
    room_name TEXT NOT NULL,
    rack_name TEXT NOT NULL,
    criterion TEXT NOT NULL,
    finding TEXT NOT NULL,
    search TEXT NOT NULL,
    PRIMARY KEY (record_id, finding_id)
);
CREATE INDEX finding_summary_found ON finding_summary (found_at, record_id, finding_id);
CREATE INDEX finding_summary_round ON finding_summary (round_id, found_at);

-- Reconciliations that are not 一致. `verdicts` has a blank on either side of each word.
CREATE TABLE discrepancy_summary (
    record_id TEXT NOT NULL,
    place BIGINT NOT NULL,
    round_id TEXT NOT NULL,
    is_discrepancy BIGINT NOT NULL,
    verdicts TEXT NOT NULL,
    sealed_at BIGINT NOT NULL,
    asset_name TEXT NOT NULL,
    room_name TEXT NOT NULL,
    rack_name TEXT NOT NULL,
    reconciliation TEXT NOT NULL,
    search TEXT NOT NULL,
    PRIMARY KEY (record_id, place)
);
CREATE INDEX discrepancy_summary_sealed ON discrepancy_summary (sealed_at, record_id, place);
CREATE INDEX discrepancy_summary_round ON discrepancy_summary (round_id, is_discrepancy, sealed_at);

-- What a printed label says, and which picture of which job it is; job and file are empty for labels of the command line.
CREATE TABLE label_place (
    print_id TEXT PRIMARY KEY,
    subject_name TEXT NOT NULL,
    room_name TEXT NOT NULL,
    job TEXT NOT NULL,
    file TEXT NOT NULL,
    search TEXT NOT NULL
);
CREATE INDEX label_print_printed ON label_print (printed_at, id);
CREATE INDEX audit_at ON audit (at, id);
CREATE INDEX set_aside_received ON set_aside (received_at, envelope_sha256);

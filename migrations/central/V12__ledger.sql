-- What a person said of the columns of a ledger file, kept for every file with the same headings: nobody maps them twice.
-- `headings` is the sorted set of headings, one a line, and its hash the key; `columns` is a JSON object from heading to field,
-- or to "ignore". Nothing is ever proved with it.
CREATE TABLE ledger_mapping (
    headings_sha256 TEXT PRIMARY KEY,
    headings TEXT NOT NULL,
    columns TEXT NOT NULL,
    said_by TEXT NOT NULL,
    said_at BIGINT NOT NULL
);

-- 台账变更单: what records of a round propose, and what a person decided about it. `change_set` is its canonical bytes, named by
-- their hash; `decision` is the signed envelope, also a leaf of the log, and empty until somebody decided; `version` is the
-- ledger's version that it made, 0 for none.
CREATE TABLE ledger_change (
    sha256 TEXT PRIMARY KEY,
    change_set BYTEA NOT NULL,
    round_id TEXT NOT NULL,
    proposed_by TEXT NOT NULL,
    proposed_at BIGINT NOT NULL,
    decision BYTEA NOT NULL,
    approved BIGINT NOT NULL,
    decided_by TEXT NOT NULL,
    decided_at BIGINT NOT NULL,
    version BIGINT NOT NULL
);

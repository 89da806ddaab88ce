-- 整改: each step as it was signed, also a leaf of the log. `rectification` is what the source of the problem hashes to, `place`
-- counts the steps of one from 0. `by_person` is empty where the service signed. `received_at` is when the service had it, which
-- deadlines are held against: what a tablet's clock says proves nothing.
CREATE TABLE rectification_step (
    envelope_sha256 TEXT PRIMARY KEY,
    envelope BYTEA NOT NULL,
    rectification TEXT NOT NULL,
    place BIGINT NOT NULL,
    round_id TEXT NOT NULL REFERENCES round (id),
    kind TEXT NOT NULL,
    by_person TEXT NOT NULL,
    received_at BIGINT NOT NULL,
    UNIQUE (rectification, place)
);
CREATE INDEX rectification_step_round ON rectification_step (round_id, rectification, place);

-- 关闭声明, as both sides signed it, also a leaf of the log. `log_size` is how many leaves were counted: what came later counts
-- for nothing in the round.
CREATE TABLE round_closing (
    round_id TEXT PRIMARY KEY REFERENCES round (id),
    envelope_sha256 TEXT NOT NULL UNIQUE,
    envelope BYTEA NOT NULL,
    log_size BIGINT NOT NULL,
    drawn_up_at BIGINT NOT NULL,
    closed_at BIGINT NOT NULL
);

-- 工作日历: every one that was set; the newest holds. Who set which stands in the audit too, with the hash of the calendar.
CREATE TABLE working_calendar (
    id TEXT PRIMARY KEY,
    calendar TEXT NOT NULL,
    set_by TEXT NOT NULL,
    set_at BIGINT NOT NULL
);

-- 摆渡包: what terminals showed of themselves in their bundles, and what is to be said to them in the next one.

-- The newest state of each terminal: its head as it was sent, by the number of the export. `enrolment` is the answer to a
-- request to be enrolled that no export of the terminal has followed yet; empty for none.
CREATE TABLE relay_terminal (
    terminal_id TEXT PRIMARY KEY REFERENCES terminal (id),
    number BIGINT NOT NULL,
    head TEXT NOT NULL,
    enrolment TEXT NOT NULL,
    received_at BIGINT NOT NULL
);

-- Records of bundles that were not taken in, until they are. `is_final` is 0 where the same record may be taken in later.
CREATE TABLE relay_refusal (
    terminal_id TEXT NOT NULL REFERENCES terminal (id),
    record_id TEXT NOT NULL,
    sequence BIGINT NOT NULL,
    problem TEXT NOT NULL,
    is_final BIGINT NOT NULL,
    PRIMARY KEY (terminal_id, record_id)
);

-- Records that may be taken in later: they correct another one which has not come yet, because bundles come in any order, or their
-- keys wait for the root.
CREATE TABLE relay_waiting (
    record_id TEXT PRIMARY KEY,
    terminal_id TEXT NOT NULL REFERENCES terminal (id),
    sequence BIGINT NOT NULL,
    envelope BYTEA NOT NULL,
    received_at BIGINT NOT NULL
);

-- 复核签名, as they were signed; record_review holds what the last one in the log's order says of each record. Both are derived
-- from the leaves again by `xunjian fsck`.
CREATE TABLE countersignature (
    envelope_sha256 TEXT PRIMARY KEY,
    envelope BYTEA NOT NULL,
    record_id TEXT NOT NULL REFERENCES record (id),
    reviewer_id TEXT NOT NULL,
    verdict TEXT NOT NULL,
    signed_at BIGINT NOT NULL,
    received_at BIGINT NOT NULL
);
CREATE INDEX countersignature_record ON countersignature (record_id, received_at);

CREATE TABLE record_review (
    record_id TEXT PRIMARY KEY REFERENCES record (id),
    countersignature_sha256 TEXT NOT NULL REFERENCES countersignature (envelope_sha256),
    verdict TEXT NOT NULL
);

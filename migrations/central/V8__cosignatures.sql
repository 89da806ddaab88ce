-- Checkpoints that somebody beside the log signed. The note is the log's own; its cosignatures stand in lines of their own,
-- as a signed note has them. cosigned_at is the cosigner's clock, a claim; is_outside is 1 where the site root states the key
-- for another organisation than 服务方.
CREATE TABLE cosigned_checkpoint (
    size BIGINT PRIMARY KEY,
    note TEXT NOT NULL
);

CREATE TABLE cosignature (
    size BIGINT NOT NULL REFERENCES cosigned_checkpoint (size),
    key_id TEXT NOT NULL,
    name TEXT NOT NULL,
    cosigned_at BIGINT NOT NULL,
    is_outside BIGINT NOT NULL,
    line TEXT NOT NULL,
    received_at BIGINT NOT NULL,
    PRIMARY KEY (size, key_id)
);
CREATE INDEX cosignature_key ON cosignature (key_id, size);
CREATE INDEX cosignature_outside ON cosignature (is_outside, size);

-- Checkpoints that the log's own key signed and that are no state of this log: the proof that it was shown in two versions.
CREATE TABLE log_contradiction (
    note_sha256 TEXT PRIMARY KEY,
    note TEXT NOT NULL,
    brought_by TEXT NOT NULL,
    received_at BIGINT NOT NULL
);

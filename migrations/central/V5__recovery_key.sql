-- The public half of the site's recovery key, as the root signed it. One row, or none for a site that has none yet.
CREATE TABLE recovery_key (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    envelope BYTEA NOT NULL,
    made_at BIGINT NOT NULL
);

-- Version 8: which photo lies in which relay bundle, so that an export that broke off goes on instead of starting over.

-- A row counts only while the file is there with this size; the service's word comes with its answer, never from here.
CREATE TABLE relay_carried (
    sha256     TEXT    NOT NULL,
    file       TEXT    NOT NULL,
    file_bytes INTEGER NOT NULL,
    PRIMARY KEY (sha256, file)
) STRICT;

-- 监控数据导入: one file each, whose exact bytes are a blob (`file_sha256`) and whose samples are a chunk (`samples_sha256`). The
-- leaf of the import says the same; days are those of China as `2026-11-22`. `sheet` is empty where all sheets were read,
-- `ledger_version` is 0 where there was no ledger yet.
CREATE TABLE monitoring_import (
    number BIGINT PRIMARY KEY,
    file TEXT NOT NULL,
    file_sha256 TEXT NOT NULL,
    sheet TEXT NOT NULL,
    samples_sha256 TEXT NOT NULL,
    read_rows BIGINT NOT NULL,
    imported BIGINT NOT NULL,
    skipped BIGINT NOT NULL,
    unmatched BIGINT NOT NULL,
    ledger_version BIGINT NOT NULL,
    first_on TEXT NOT NULL,
    last_on TEXT NOT NULL,
    imported_by TEXT NOT NULL,
    imported_at BIGINT NOT NULL
);
CREATE INDEX monitoring_import_file ON monitoring_import (file_sha256, sheet);

-- 评估阈值: the versions that a site decided (5.4.4.2), each a chunk. Version 1 is the standard's print; it is part of the program
-- and has no row.
CREATE TABLE threshold_version (
    version BIGINT PRIMARY KEY,
    sha256 TEXT NOT NULL,
    source TEXT NOT NULL,
    decided_on TEXT NOT NULL,
    set_by TEXT NOT NULL,
    set_at BIGINT NOT NULL
);

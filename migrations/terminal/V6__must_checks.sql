-- Version 6: problems that earlier rounds left open, and what was found of them.

-- 必查: an open problem at the visit that must look at it, as the newest package tells; `line` is 0 where no line asks it again.
CREATE TABLE must_check (
    visit    TEXT    NOT NULL REFERENCES visit (id),
    place    INTEGER NOT NULL,
    line     INTEGER NOT NULL,
    document TEXT    NOT NULL,
    PRIMARY KEY (visit, place)
) STRICT, WITHOUT ROWID;

-- 复查结果 in a draft, one a problem.
CREATE TABLE draft_follow_up (
    draft   TEXT NOT NULL REFERENCES draft (id),
    finding TEXT NOT NULL,
    answer  TEXT NOT NULL,
    PRIMARY KEY (draft, finding)
) STRICT, WITHOUT ROWID;

-- What records say of problems that earlier rounds left open. Part of the read model of V4: derived from records, and nothing is
-- ever proved with it. `state` is rectified, remains or cannot_tell, or carried_on where a new finding follows the old one.
CREATE TABLE follow_up_summary (
    record_id TEXT NOT NULL,
    finding_id TEXT NOT NULL,
    state TEXT NOT NULL,
    answered_at BIGINT NOT NULL,
    PRIMARY KEY (record_id, finding_id)
);
CREATE INDEX follow_up_summary_finding ON follow_up_summary (finding_id, state);

-- Findings that a later record, in the newest revision of its visit, found rectified or carried on.
CREATE VIEW closed_finding AS
SELECT DISTINCT follow_up_summary.finding_id AS finding_id
FROM follow_up_summary
JOIN record_summary ON record_summary.record_id = follow_up_summary.record_id
WHERE record_summary.is_current = 1 AND follow_up_summary.state IN ('rectified', 'carried_on');

SELECT
    record.visit,
    record.id,
    record.state,
    record.sealed,
    EXISTS (SELECT 1 FROM record AS other JOIN quarantine ON quarantine.record = other.id
            WHERE other.visit = record.visit),
    (SELECT count(*) FROM draft_finding WHERE draft_finding.draft = record.draft),
    (SELECT count(*) FROM draft_evidence WHERE draft_evidence.draft = record.draft)
FROM record
WHERE record.sequence = (SELECT max(latest.sequence) FROM record AS latest WHERE latest.visit = record.visit);

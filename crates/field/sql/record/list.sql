SELECT
    record.id,
    record.sequence,
    record.visit,
    visit.title,
    visit.kind,
    person.name,
    record.sealed,
    record.state,
    coalesce(outbox.attempts, 0),
    coalesce(outbox.last_error, ''),
    coalesce(quarantine.problem, ''),
    (SELECT count(*) FROM record_blob WHERE record_blob.record = record.id),
    (SELECT count(*) FROM record_blob WHERE record_blob.record = record.id AND is_sent = 1),
    (SELECT coalesce(sum(bytes), 0) FROM record_blob WHERE record_blob.record = record.id AND is_sent = 0)
FROM record
JOIN visit ON visit.id = record.visit
JOIN person ON person.id = record.person
LEFT JOIN outbox ON outbox.record = record.id
LEFT JOIN quarantine ON quarantine.record = record.id
ORDER BY record.sequence;

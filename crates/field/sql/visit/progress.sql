SELECT
    visit.id,
    visit.kind,
    visit.title,
    visit.line_count,
    coalesce((SELECT draft.id FROM draft
              WHERE draft.visit = visit.id AND draft.person = ?2 AND draft.state = 'open'), ''),
    (SELECT count(*) FROM draft_line JOIN draft ON draft.id = draft_line.draft
     WHERE draft.visit = visit.id AND draft.person = ?2 AND draft.state = 'open'),
    coalesce((SELECT record.state FROM record
              WHERE record.visit = visit.id ORDER BY record.sequence DESC LIMIT 1), ''),
    coalesce((SELECT record.id FROM record
              WHERE record.visit = visit.id ORDER BY record.sequence DESC LIMIT 1), ''),
    EXISTS (SELECT 1 FROM record JOIN quarantine ON quarantine.record = record.id WHERE record.visit = visit.id),
    coalesce((SELECT group_concat(person.name, '、') FROM draft JOIN person ON person.id = draft.person
              WHERE draft.visit = visit.id AND draft.person <> ?2 AND draft.state = 'open'), '')
FROM visit
WHERE visit.round = ?1
ORDER BY visit.place;

SELECT draft.visit, group_concat(person.name, '、')
FROM draft JOIN person ON person.id = draft.person
WHERE draft.person <> ?1 AND draft.state = 'open'
GROUP BY draft.visit;

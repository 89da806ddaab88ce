SELECT record.visit, record.id, countersignature.sha256
FROM record
JOIN countersignature ON countersignature.record = record.id AND countersignature.state = 'logged'
WHERE record.sequence = (SELECT max(latest.sequence) FROM record AS latest WHERE latest.visit = record.visit)
  AND countersignature.log_index = (SELECT max(last.log_index) FROM countersignature AS last
                                    WHERE last.record = record.id AND last.state = 'logged')
  AND countersignature.verdict = 'returned';

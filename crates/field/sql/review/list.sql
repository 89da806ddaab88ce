SELECT
    review_record.summary,
    coalesce((SELECT verdict FROM countersignature
              WHERE countersignature.record = review_record.id AND state <> 'refused'
              ORDER BY CASE WHEN log_index < 0 THEN 1 ELSE 0 END DESC, log_index DESC, signed_at DESC LIMIT 1), ''),
    EXISTS (SELECT 1 FROM review_record AS later
            WHERE later.visit = review_record.visit AND later.revision > review_record.revision),
    EXISTS (SELECT 1 FROM countersignature
            WHERE countersignature.record = review_record.id AND state IN ('queued', 'stored')),
    coalesce((SELECT problem FROM countersignature
              WHERE countersignature.record = review_record.id AND state = 'refused'
              ORDER BY signed_at DESC LIMIT 1), ''),
    (SELECT count(*) FROM json_each(review_record.summary, '$.photos') AS photo
     WHERE NOT EXISTS (SELECT 1 FROM review_photo WHERE review_photo.sha256 = photo.value))
FROM review_record
WHERE review_record.is_due = 1
ORDER BY review_record.log_index;

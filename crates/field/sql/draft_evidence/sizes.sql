SELECT sha256, max(bytes)
FROM (
    SELECT sha256, json_extract(evidence, '$.bytes') AS bytes FROM draft_evidence
    UNION ALL
    SELECT sha256, bytes FROM review_photo
)
GROUP BY sha256;

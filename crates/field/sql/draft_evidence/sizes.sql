SELECT sha256, max(json_extract(evidence, '$.bytes')) FROM draft_evidence GROUP BY sha256;

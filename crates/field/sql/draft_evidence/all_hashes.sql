SELECT DISTINCT sha256 FROM draft_evidence;

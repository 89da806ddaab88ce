SELECT record_id, countersignature_sha256, verdict FROM record_review

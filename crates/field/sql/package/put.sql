INSERT INTO package (only_row, etag, label_host, label_prints, limits, service_desk, pulled)
VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6)
ON CONFLICT (only_row) DO UPDATE SET
    etag = excluded.etag,
    label_host = excluded.label_host,
    label_prints = excluded.label_prints,
    limits = excluded.limits,
    service_desk = excluded.service_desk,
    pulled = excluded.pulled;

INSERT INTO terminal
    (only_row, id, name, service_url, public_key, site_name, site_root, root_fingerprint, root_pinned, enrolled_at)
VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
ON CONFLICT (only_row) DO UPDATE SET
    service_url = excluded.service_url,
    site_name = excluded.site_name,
    root_pinned = max(root_pinned, excluded.root_pinned);

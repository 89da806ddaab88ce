SELECT id, name, service_url, public_key, site_name, site_root, root_fingerprint, root_pinned
FROM terminal;

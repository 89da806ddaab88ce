INSERT INTO site (id, site_root, label_host, service_desk, limits) VALUES (1, $1, $2, $3, $4)

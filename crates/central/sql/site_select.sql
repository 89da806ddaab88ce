SELECT site_root, label_host, service_desk, limits FROM site WHERE id = 1

SELECT etag, label_host, label_prints, limits, service_desk, pulled FROM package;

UPDATE terminal SET service_url = ?1;

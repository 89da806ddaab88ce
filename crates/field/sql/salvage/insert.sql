INSERT INTO salvage (salvaged_at, report) VALUES (?1, ?2);

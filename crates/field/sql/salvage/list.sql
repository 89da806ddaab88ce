SELECT report FROM salvage ORDER BY salvaged_at;

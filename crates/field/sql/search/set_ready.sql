INSERT INTO searchable (ledger) VALUES (?1) ON CONFLICT (ledger) DO NOTHING;

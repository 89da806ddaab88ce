SELECT id, sequence, visit, person, envelope, envelope_sha256, state FROM record ORDER BY sequence;

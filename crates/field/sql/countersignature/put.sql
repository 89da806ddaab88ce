INSERT INTO countersignature (sha256, record, reviewer, verdict, envelope, state, receipt, log_index, problem, signed_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, '', ?9)
ON CONFLICT (sha256) DO UPDATE SET
    state = excluded.state,
    receipt = excluded.receipt,
    log_index = excluded.log_index,
    problem = '';

INSERT INTO round (id, plan, plan_sha256, receipt, template, ledger, place, is_open)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 1)
ON CONFLICT (id) DO UPDATE SET
    plan = excluded.plan,
    plan_sha256 = excluded.plan_sha256,
    receipt = excluded.receipt,
    template = excluded.template,
    ledger = excluded.ledger,
    place = excluded.place,
    is_open = 1;

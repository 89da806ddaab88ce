SELECT plan, plan_sha256, template, ledger FROM round WHERE id = ?1;

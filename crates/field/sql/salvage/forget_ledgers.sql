UPDATE ledger SET sha256 = 'cut ' || no;

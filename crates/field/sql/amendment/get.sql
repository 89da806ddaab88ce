SELECT record, returned_by, revision, reason FROM amendment WHERE draft = ?1;

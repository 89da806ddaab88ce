DELETE FROM enrolment WHERE code_sha256 = ?1;

SELECT public_key, wrapped_key FROM enrolment WHERE code_sha256 = ?1;

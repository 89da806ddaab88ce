INSERT INTO enrolment (code_sha256, public_key, wrapped_key, begun_at)
VALUES (?1, ?2, ?3, ?4);

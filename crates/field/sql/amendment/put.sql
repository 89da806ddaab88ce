INSERT INTO amendment (draft, record, returned_by, revision, reason) VALUES (?1, ?2, ?3, ?4, ?5);

INSERT INTO draft_follow_up (draft, finding, answer)
VALUES (?1, ?2, ?3)
ON CONFLICT (draft, finding) DO UPDATE SET answer = excluded.answer;

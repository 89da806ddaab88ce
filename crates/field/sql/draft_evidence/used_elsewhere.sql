SELECT EXISTS (
    SELECT 1
    FROM draft_evidence JOIN draft ON draft.id = draft_evidence.draft
    WHERE draft_evidence.sha256 = ?1
      AND draft.visit <> (SELECT visit FROM draft AS this WHERE this.id = ?2)
);

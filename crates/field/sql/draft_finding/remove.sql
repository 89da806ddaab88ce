DELETE FROM draft_finding WHERE draft = ?1 AND id = ?2;

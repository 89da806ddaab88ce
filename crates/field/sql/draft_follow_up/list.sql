SELECT answer FROM draft_follow_up WHERE draft = ?1 ORDER BY finding;

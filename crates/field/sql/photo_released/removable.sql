SELECT sha256 FROM photo_released
WHERE NOT EXISTS (SELECT 1 FROM draft_evidence JOIN draft ON draft.id = draft_evidence.draft
                  WHERE draft_evidence.sha256 = photo_released.sha256 AND draft.state = 'open');

UPDATE countersignature SET state = ?2, problem = ?3 WHERE sha256 = ?1 AND state <> 'logged';

SELECT count(*) FROM countersignature WHERE state IN ('queued', 'stored');

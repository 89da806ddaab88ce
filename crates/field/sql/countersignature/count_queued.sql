SELECT count(*) FROM countersignature WHERE state = 'queued';

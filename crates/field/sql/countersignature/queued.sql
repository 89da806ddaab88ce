SELECT sha256, envelope FROM countersignature WHERE state = 'queued' ORDER BY signed_at, sha256;

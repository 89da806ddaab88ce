SELECT count(*) FROM draft WHERE state = 'open';

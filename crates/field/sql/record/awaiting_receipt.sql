SELECT id FROM record WHERE state = 'partly_sent' ORDER BY sequence;

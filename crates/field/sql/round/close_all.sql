UPDATE round SET is_open = 0;

SELECT seed FROM terminal_key;

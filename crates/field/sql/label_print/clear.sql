DELETE FROM label_print;

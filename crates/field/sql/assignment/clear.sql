DELETE FROM assignment;

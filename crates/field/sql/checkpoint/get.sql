SELECT note FROM checkpoint;

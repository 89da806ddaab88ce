DELETE FROM scratch WHERE person = ?1 AND key = ?2;

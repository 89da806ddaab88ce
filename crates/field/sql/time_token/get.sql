SELECT note, time_at, received FROM time_token;

SELECT document FROM must_check;

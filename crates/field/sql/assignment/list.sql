SELECT visit, person, name FROM assignment ORDER BY visit, name, person;

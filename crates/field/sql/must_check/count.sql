SELECT visit, count(*) FROM must_check GROUP BY visit;

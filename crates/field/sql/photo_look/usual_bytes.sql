SELECT count(*), coalesce(sum(bytes), 0)
FROM (SELECT bytes FROM photo_look ORDER BY no DESC LIMIT 200);

SELECT DISTINCT file, file_bytes FROM relay_carried ORDER BY file;

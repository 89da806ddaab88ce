SELECT size, note FROM cosigned_checkpoint ORDER BY size

SELECT size, key_id, name, cosigned_at, is_outside, line FROM cosignature ORDER BY size, key_id

SELECT key_id, name, MAX(size), MAX(cosigned_at), COUNT(*) FROM cosignature GROUP BY key_id, name ORDER BY name, key_id

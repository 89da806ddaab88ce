UPDATE label_print SET replaced_by = $4 WHERE subject_kind = $1 AND subject_id = $2 AND side = $3 AND replaced_by = ''

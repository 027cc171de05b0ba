mod row_hash;

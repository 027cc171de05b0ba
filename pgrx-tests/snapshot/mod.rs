mod jsonb;
mod row_hash;

-- The extension, in this database:
CREATE EXTENSION pg_flightcheck;

-- Which sequences will generate a value that is already used, and when?
SELECT status, table_name, column_name, next_value, max_id, inserts_left
  FROM seq_audit() WHERE status <> 'ok';

-- The tags are a time bomb: some inserts still succeed, then one fails. All details of this one:
SELECT * FROM seq_audit() WHERE table_name = 'tags'::regclass \gx

-- The extension, in this database:
CREATE EXTENSION pg_flightcheck;

-- Which sequences will hand out a value that is taken, and when?
SELECT status, table_name, column_name, next_value, max_id, inserts_left
  FROM seq_audit() WHERE status <> 'ok';

-- The tags are the time bomb: some inserts still work, then one fails. All that is known of that one:
SELECT * FROM seq_audit() WHERE table_name = 'tags'::regclass \gx

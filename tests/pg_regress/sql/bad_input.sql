-- Bad input raises a clear error and changes nothing.
CREATE TABLE bad_input (id serial PRIMARY KEY);
INSERT INTO bad_input VALUES (1);
CREATE VIEW bad_view AS SELECT * FROM bad_input;
CREATE SEQUENCE bad_alone;
\set VERBOSITY sqlstate
SELECT * FROM seq_audit('no such schema');
SELECT * FROM seq_audit('');
SELECT * FROM seq_resync('No_Such');
SELECT seq_assert('no_such');
SELECT * FROM seq_resync(margin => -1);
SELECT seq_assert(within => -1);
SELECT * FROM seq_resync(dry_run => NULL);
SELECT * FROM seq_resync(margin => NULL);
SELECT * FROM seq_resync(fence => NULL);
SELECT * FROM seq_resync_table(NULL);
SELECT * FROM seq_resync_table('bad_input', margin => -9223372036854775808);
SELECT * FROM seq_resync_table('bad_input_pkey');
SELECT * FROM seq_resync_table('bad_view');
SELECT * FROM seq_resync_table('bad_alone');
SELECT * FROM seq_resync_table('bad_input_id_seq');
SELECT * FROM seq_resync_table(0::regclass);
SELECT * FROM seq_resync_table(4294967295::regclass);
\set VERBOSITY default
SELECT * FROM seq_audit('Public');
SELECT * FROM seq_resync(margin => -1);
SELECT * FROM seq_resync_table('bad_input_id_seq');
SELECT * FROM seq_resync_table('bad_alone');
SELECT * FROM seq_resync_table('bad_view');
SELECT * FROM seq_resync_table(4294967295::regclass);
SELECT * FROM seq_resync_table(NULL);
SELECT last_value, is_called FROM bad_input_id_seq;
-- NULL means every schema.
SELECT count(*) FROM seq_audit(NULL);
-- Margins up to the limits of bigint.
SELECT outcome, new_next, detail FROM seq_resync_table('bad_input', margin => 9223372036854775807);
SELECT outcome, new_next FROM seq_resync_table('bad_input', margin => 2147483645);
DROP TABLE bad_input CASCADE;
DROP SEQUENCE bad_alone;

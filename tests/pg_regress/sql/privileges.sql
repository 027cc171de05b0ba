-- Which privileges show ids and positions, and move sequences. (tests/cluster has the whole
-- matrix.)
CREATE SCHEMA guarded;
CREATE ROLE regress_flightcheck_user;
GRANT USAGE ON SCHEMA guarded TO regress_flightcheck_user;
CREATE TABLE guarded.secret (id serial PRIMARY KEY, owner name DEFAULT current_user);
INSERT INTO guarded.secret SELECT generate_series(1, 12345);
SET ROLE regress_flightcheck_user;
-- no privileges
SELECT status, next_value, max_id, inserts_left, used_pct, detail, fix FROM seq_audit('guarded');
SELECT * FROM seq_resync('guarded');
SELECT seq_assert('guarded');
-- only the sequence
RESET ROLE;
GRANT USAGE ON SEQUENCE guarded.secret_id_seq TO regress_flightcheck_user;
SET ROLE regress_flightcheck_user;
SELECT status, next_value, max_id, inserts_left, used_pct, detail, fix FROM seq_audit('guarded');
-- also the column, which shows both
RESET ROLE;
GRANT SELECT (id) ON guarded.secret TO regress_flightcheck_user;
SET ROLE regress_flightcheck_user;
SELECT status, next_value, max_id, inserts_left FROM seq_audit('guarded');
SELECT outcome, detail FROM seq_resync('guarded');
-- UPDATE on the sequence, which moves it
RESET ROLE;
GRANT UPDATE ON SEQUENCE guarded.secret_id_seq TO regress_flightcheck_user;
SET ROLE regress_flightcheck_user;
SELECT outcome, old_next, new_next FROM seq_resync('guarded');
-- row security
RESET ROLE;
ALTER TABLE guarded.secret ENABLE ROW LEVEL SECURITY;
INSERT INTO guarded.secret VALUES (20000);
SET ROLE regress_flightcheck_user;
SELECT status, next_value, max_id, inserts_left, detail FROM seq_audit('guarded');
SELECT outcome, new_next, detail FROM seq_resync('guarded');
SET row_security = off;
SELECT status, max_id, detail FROM seq_audit('guarded');
RESET row_security;
RESET ROLE;
SELECT status, max_id FROM seq_audit('guarded');
DROP SCHEMA guarded CASCADE;
DROP ROLE regress_flightcheck_user;

-- migration_rehearse: how scripts are split, and what psql would have handled.
CREATE SCHEMA rs;
SET search_path = rs, public;
CREATE TABLE t (id int, note text);

-- Quotes, comments, bodies and rules contain semicolons. Lines count from 1.
SELECT status, statement, line, command FROM migration_rehearse($script$-- a comment; with a semicolon
/* and /* a nested; */ one; */ SELECT 'a;b', "id" AS "x;y" FROM t;;
  ; INSERT INTO t VALUES (1, $$;$$), (2, E'\';'), (3, U&'\003b');
CREATE FUNCTION one() RETURNS int LANGUAGE sql AS $f$ SELECT 1; $f$;
CREATE FUNCTION two() RETURNS int BEGIN ATOMIC SELECT 1; SELECT CASE WHEN true THEN 2 END; END;
CREATE PROCEDURE three() BEGIN ATOMIC INSERT INTO rs.t VALUES (4); END; CREATE OR REPLACE RULE r AS ON DELETE TO t DO ALSO (SELECT 1; SELECT 2);
SELECT "end" FROM (SELECT 1 AS "end") begin;
DO $$ BEGIN NULL; END $$
$script$);

-- Each statement fails by itself, at its line.
SELECT status, statement, line, command, sqlstate, message FROM migration_rehearse(E'SELEC 1;\nSELECT (1;\n\nSELECT 1)\n;SELECT 2;\nALTER\nTABLE t\nADD COLUM x int y;\nSELECT 123abc;', on_error => 'continue');
SELECT status, statement, line, command, sqlstate, message FROM migration_rehearse(E'SELECT 1;\n\nSELECT $a$ never; SELECT 2');
SELECT status, statement, line, command, sqlstate, message FROM migration_rehearse('SELECT 1; /* never; SELECT 2');
SELECT status, statement, line, message FROM migration_rehearse(E'SELECT ''\u00e4\u00f6'' FROM t,\n  \u00fc');

-- What psql handles itself.
SELECT status, statement, line, command, detail FROM migration_rehearse(E'\\set ON_ERROR_STOP on
\\echo it''s
SELECT 1;
\\i more.sql
COPY t (id, note) FROM stdin;
1\tit''s
2\t"; DROP TABLE t;
\\.
SELECT :name, :''text'', :"ident";
SELECT ARRAY[1,2][1:2], 1::int;
SELECT format(''DROP TABLE %I'', ''t'') \\gexec
SELECT 2 \\gset
\\copy t from stdin
3\tit''s
\\.
SELECT count(*) FROM t
\\g
SELECT
\\echo in the middle
  3;', on_error => 'continue');
SELECT status, statement, line, command, sqlstate, message FROM migration_rehearse(E'SELECT 1;\n\\''x; SELECT 2');

-- The data of COPY is copied, with the checks of COPY.
CREATE TABLE k (id int PRIMARY KEY, note text DEFAULT 'none');
SELECT status, statement, line, command, rows, sqlstate, message, detail FROM migration_rehearse(E'COPY k FROM stdin;
1\tit''s
2\t\\N
\\.
COPY k (id) FROM stdin WITH (FORMAT csv);
3
4
\\.
SELECT FROM k WHERE note IS NOT NULL;
COPY k FROM stdin; SELECT 1;
4\tx
\\.
COPY k FROM stdin;
5
\\.
COPY k (nothing) FROM stdin;
\\.
COPY k FROM stdin (FREEZE);
6\tx
\\.
COPY missing FROM stdin;
7\tx', on_error => 'continue') WHERE command <> 'REHEARSAL';
CREATE ROLE rs_app;
GRANT USAGE ON SCHEMA rs TO rs_app;
GRANT INSERT (id) ON k TO rs_app;
SELECT status, statement, rows, sqlstate, message FROM migration_rehearse(E'COPY k (id) FROM stdin;
1
\\.
COPY k FROM stdin;
2\tx
\\.
', as_role => 'rs_app', on_error => 'continue');

-- Nothing, only comments, and more than the parser can take.
SELECT status, statement, command FROM migration_rehearse('');
SELECT status, statement, command FROM migration_rehearse(E' ;; -- nothing\n/* at all */');
SELECT status, statement, line, command, sqlstate FROM migration_rehearse(repeat('(', 20000));
SELECT status, count(*), max(statement), max(line) FROM migration_rehearse(repeat(E'SELECT 1;\n', 5000)) GROUP BY status;
SELECT status, statement, line, rows FROM migration_rehearse(repeat(E'\n', 100000) || 'SELECT ''' || repeat('x', 10000000) || '''');

SET client_min_messages = warning;
DROP SCHEMA rs CASCADE;
DROP ROLE rs_app;

-- Reports that a superuser runs over tables of a role that wants to be run as a superuser. The
-- library reads such tables without the planner or without privileges; this edition leaves them out.
CREATE ROLE regress_hostile;
CREATE SCHEMA hostile AUTHORIZATION regress_hostile;
SET client_min_messages = warning;
SET ROLE regress_hostile;
SET search_path = hostile;
CREATE FUNCTION trap(n int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN n; END $$;
CREATE TABLE parent (id int PRIMARY KEY, name text);
CREATE TABLE plain (id int REFERENCES parent);
CREATE TABLE by_predicate (id int REFERENCES parent);
CREATE INDEX ON by_predicate (id) WHERE id > trap(1);
CREATE TABLE by_expression (id int REFERENCES parent);
CREATE INDEX ON by_expression ((id + trap(1)));
CREATE TABLE by_statistics (id int REFERENCES parent);
CREATE STATISTICS by_statistics_s ON id, (id + trap(1)) FROM by_statistics;
CREATE TABLE by_check (id int REFERENCES parent CHECK (id < trap(100)));
CREATE TABLE by_policy (id int REFERENCES parent);
CREATE POLICY p ON by_policy USING (id < trap(100));
ALTER TABLE by_policy ENABLE ROW LEVEL SECURITY;
ALTER TABLE by_policy FORCE ROW LEVEL SECURITY;
CREATE TABLE by_partition (id int REFERENCES parent) PARTITION BY RANGE (id);
CREATE TABLE by_partition_1 PARTITION OF by_partition FOR VALUES FROM (0) TO (100);
CREATE INDEX ON by_partition_1 (id) WHERE id > trap(1);
CREATE TYPE mood AS ENUM ('1', '2');
CREATE FUNCTION cast_trap(m mood) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN hostile.trap(1); END $$;
CREATE CAST (mood AS int) WITH FUNCTION cast_trap(mood) AS IMPLICIT;
CREATE TABLE by_cast (id mood REFERENCES parent);
CREATE TABLE _prisma_migrations (id varchar(36) PRIMARY KEY, checksum varchar(64), finished_at timestamptz, migration_name varchar(255), logs text,
    rolled_back_at timestamptz, started_at timestamptz, applied_steps_count int);
CREATE INDEX ON _prisma_migrations (id) WHERE applied_steps_count > trap(1);
INSERT INTO parent VALUES (1, 'one');
INSERT INTO plain VALUES (1);
INSERT INTO by_check VALUES (1);
INSERT INTO by_cast VALUES ('1');
CREATE OR REPLACE FUNCTION trap(n int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RAISE 'ran as %', current_user; END $$;
RESET ROLE;
RESET search_path;
SET constraint_exclusion = on;
-- The traps work.
SELECT count(*) FROM hostile.by_predicate;
SELECT count(*) FROM hostile.by_expression;
SELECT count(*) FROM hostile.by_statistics;
SELECT count(*) FROM hostile.by_check WHERE id > 5;
SELECT count(*) FROM hostile.by_cast WHERE id::int = 1;
-- The reports do not run into them.
SELECT status, table_name, orphans, detail FROM fk_audit('hostile') ORDER BY table_name::text COLLATE "C";
SELECT status, detail FROM fk_precheck('hostile.by_expression', 'id', 'hostile.parent', 'id');
SELECT status, orphans FROM fk_precheck('hostile.plain', 'id', 'hostile.parent', 'id');
SELECT status, detail FROM migration_report();
SELECT severity, check_name, object FROM flightcheck('hostile', deep => true);
-- Their owner reads them, and a role that may become their owner.
CREATE OR REPLACE FUNCTION hostile.trap(n int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN n; END $$;
SET ROLE regress_hostile;
SELECT status, table_name, orphans FROM fk_audit('hostile') ORDER BY table_name::text COLLATE "C";
RESET ROLE;
-- No lock is kept.
BEGIN;
SELECT count(*) FROM fk_audit('hostile');
SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'relation' AND relation >= 16384;
COMMIT;
DROP SCHEMA hostile CASCADE;
DROP ROLE regress_hostile;

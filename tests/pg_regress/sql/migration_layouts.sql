-- migration_report: tables as the tools' newest versions create them, and logs as Prisma's engines
-- write them.
\set VERBOSITY terse
SET client_min_messages = warning;
\pset format unaligned
\pset fieldsep ' | '

-- Atlas, by default in a schema of its own.
CREATE SCHEMA atlas_schema_revisions;
CREATE TABLE atlas_schema_revisions.atlas_schema_revisions (version varchar NOT NULL PRIMARY KEY, description varchar NOT NULL,
    type bigint NOT NULL DEFAULT 2, applied bigint NOT NULL DEFAULT 0, total bigint NOT NULL DEFAULT 0, executed_at timestamptz NOT NULL,
    execution_time bigint NOT NULL, error text, error_stmt text, hash varchar NOT NULL, partial_hashes jsonb, operator_version varchar NOT NULL);
INSERT INTO atlas_schema_revisions.atlas_schema_revisions VALUES
    ('.atlas_cloud_identifier', 'a-uuid', 0, 0, 0, now(), 0, '', '', '', NULL, 'Atlas CLI v0.32.0'),
    ('20260101000000', 'init', 2, 3, 3, now(), 1000, '', '', 'h1', NULL, 'Atlas CLI v0.32.0'),
    ('20260102000000', 'keys', 2, 1, 2, '2026-01-02 03:04:05+00', 1000,
     'pq: insert or update on table "orders" violates foreign key constraint "orders_customer_fkey" (23503)',
     'ALTER TABLE orders ADD FOREIGN KEY (customer) REFERENCES customers', 'h2', '["p1"]', 'Atlas CLI v0.32.0');

-- pgroll.
CREATE SCHEMA pgroll;
CREATE TABLE pgroll.migrations (schema name NOT NULL, name text NOT NULL, migration jsonb NOT NULL, created_at timestamp NOT NULL DEFAULT now(),
    updated_at timestamp NOT NULL DEFAULT now(), parent text, done boolean NOT NULL DEFAULT false, resulting_schema jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (schema, name), FOREIGN KEY (schema, parent) REFERENCES pgroll.migrations (schema, name));
ALTER TABLE pgroll.migrations ADD migration_type varchar(32) DEFAULT 'pgroll'
    CONSTRAINT migration_type_check CHECK (migration_type IN ('pgroll', 'inferred', 'baseline'));
ALTER TABLE pgroll.migrations ALTER created_at TYPE timestamptz, ALTER updated_at TYPE timestamptz;
INSERT INTO pgroll.migrations (schema, name, migration, created_at, parent, done) VALUES
    ('public', '01_init', '{}', '2026-01-01', NULL, true), ('public', '02_rename', '{}', '2026-01-02', '01_init', false);

-- GitLab.
CREATE SCHEMA gitlab;
CREATE TABLE gitlab.batched_background_migrations (id bigserial PRIMARY KEY, created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL,
    min_value bigint NOT NULL DEFAULT 1, max_value bigint NOT NULL, batch_size int NOT NULL, sub_batch_size int NOT NULL,
    "interval" smallint NOT NULL, status smallint NOT NULL DEFAULT 0, job_class_name text NOT NULL,
    batch_class_name text NOT NULL DEFAULT 'PrimaryKeyBatchingStrategy', table_name text NOT NULL, column_name text NOT NULL,
    job_arguments jsonb NOT NULL DEFAULT '[]', total_tuple_count bigint, pause_ms int NOT NULL DEFAULT 100, max_batch_size int,
    started_at timestamptz, on_hold_until timestamptz, gitlab_schema text NOT NULL, finished_at timestamptz, queued_migration_version bigint,
    min_cursor jsonb, max_cursor jsonb);
INSERT INTO gitlab.batched_background_migrations
    (created_at, updated_at, max_value, batch_size, sub_batch_size, "interval", status, job_class_name, table_name, column_name, gitlab_schema)
SELECT now(), now(), 9, 1000, 100, 120, s.status, s.job, 'ci_builds', 'id', 'gitlab_ci'
  FROM (VALUES (6, 'Finalized'), (3, 'Finished'), (1, 'Active'), (4, 'BackfillPartition')) s (status, job);

-- Zitadel, whose setup steps are ordinary events.
CREATE SCHEMA eventstore;
CREATE TABLE eventstore.events2 (instance_id text NOT NULL, aggregate_type text NOT NULL, aggregate_id text NOT NULL, event_type text NOT NULL,
    sequence bigint NOT NULL, revision smallint NOT NULL, created_at timestamptz NOT NULL, payload jsonb, creator text NOT NULL, owner text NOT NULL,
    position decimal NOT NULL, in_tx_order integer NOT NULL, PRIMARY KEY (instance_id, aggregate_type, aggregate_id, sequence));
INSERT INTO eventstore.events2 SELECT '7', 'user', 'u', 'user.token.added', i, 1, now(), '{}', 'c', 'o', i, 0 FROM generate_series(1, 60000) i;
INSERT INTO eventstore.events2 SELECT '', 'system', 'SYSTEM', 'system.migration.' || e.what, e.nr, 1, '2026-01-01', jsonb_build_object('name', e.step), 'c', 'o', e.nr, 0
  FROM (VALUES (1, 'started', '01_tables'), (2, 'done', '01_tables'), (3, 'started', '02_assets')) e (nr, what, step);

-- Drizzle before 1.0, and since then with a name.
CREATE SCHEMA drizzle;
CREATE TABLE drizzle.__drizzle_migrations (id serial PRIMARY KEY, hash text NOT NULL, created_at bigint);
INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES ('h', 1700000000000);
ALTER TABLE drizzle.__drizzle_migrations ADD COLUMN IF NOT EXISTS name text,
    ADD COLUMN IF NOT EXISTS applied_at timestamptz DEFAULT now();
CREATE TABLE drizzle.app_migrations (id serial PRIMARY KEY, hash text NOT NULL, created_at bigint, name text,
    applied_at timestamptz DEFAULT now(), version int);
INSERT INTO drizzle.app_migrations (hash, created_at, name) VALUES ('h', 1700000000000, '20231114221320_init');

-- Alembic with a widened column; Laravel and Phinx.
CREATE SCHEMA py;
CREATE TABLE py.alembic_version (version_num text NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num));
CREATE TABLE py.billing_alembic_version (version_num varchar(255) NOT NULL PRIMARY KEY);
CREATE TABLE py.readings (version_num text NOT NULL PRIMARY KEY);
INSERT INTO py.alembic_version VALUES ('2026_01_02_add_the_orders_total_column');
INSERT INTO py.billing_alembic_version VALUES ('b'), ('a');
CREATE SCHEMA php;
CREATE TABLE php.migrations (id serial PRIMARY KEY, migration varchar(255) NOT NULL, batch int NOT NULL);
INSERT INTO php.migrations (migration, batch) VALUES ('2014_10_12_000000_create_users_table', 1);
CREATE TABLE php.phinxlog (version bigint NOT NULL PRIMARY KEY, migration_name varchar(100), start_time timestamp, end_time timestamp,
    breakpoint boolean NOT NULL DEFAULT false);
INSERT INTO php.phinxlog VALUES (20260101000000, 'Init', now(), now());

-- Two histories of Liquibase with prefixes in one schema, one of them locked.
CREATE SCHEMA flow;
DO $$ DECLARE p text; BEGIN
    FOREACH p IN ARRAY '{act_de_,flw_ev_}'::text[] LOOP
        EXECUTE format('CREATE TABLE flow.%sdatabasechangelog (id varchar(255) NOT NULL, author varchar(255) NOT NULL, filename varchar(255) NOT NULL,
            dateexecuted timestamp NOT NULL, orderexecuted int NOT NULL, exectype varchar(10) NOT NULL, md5sum varchar(35), description varchar(255),
            comments varchar(255), tag varchar(255), liquibase varchar(20), contexts varchar(255), labels varchar(255), deployment_id varchar(10))', p);
        EXECUTE format('CREATE TABLE flow.%sdatabasechangeloglock (id int NOT NULL PRIMARY KEY, locked boolean NOT NULL, lockgranted timestamp,
            lockedby varchar(255))', p);
        EXECUTE format('INSERT INTO flow.%sdatabasechangelog VALUES (%L, ''flowable'', ''db.xml'', now(), 1, ''EXECUTED'')', p, p || 1);
        EXECUTE format('INSERT INTO flow.%sdatabasechangeloglock VALUES (1, %L, %L, ''host (10.0.0.1)'')', p, p = 'flw_ev_', '2020-01-01');
    END LOOP;
END $$;

SELECT status, tool, table_name, version, regexp_replace(detail, '\([^()]* ago\)', '(long ago)') AS detail, fix FROM migration_report();

-- Prisma: a foreign key that rows violate, with the native engine and the one in WebAssembly.
CREATE SCHEMA shop;
CREATE TABLE shop._prisma_migrations (id varchar(36) PRIMARY KEY NOT NULL, checksum varchar(64) NOT NULL, finished_at timestamptz,
    migration_name varchar(255) NOT NULL, logs text, rolled_back_at timestamptz, started_at timestamptz NOT NULL DEFAULT now(),
    applied_steps_count integer NOT NULL DEFAULT 0);
CREATE TABLE shop.customers (id int PRIMARY KEY);
CREATE TABLE shop."Order" (id int, customer int);
INSERT INTO shop."Order" VALUES (1, 7);
INSERT INTO shop._prisma_migrations VALUES ('1', 'c', NULL, '20260101_key', $log$A migration failed to apply. New migrations cannot be applied before the error is recovered from.

Migration name: 20260101_key

Database error code: 23503

Database error:
ERROR: insert or update on table "Order" violates foreign key constraint "Order_customer_fkey"
DETAIL: Key (customer)=(7) is not present in table "customers".

DbError { severity: "ERROR", parsed_severity: Some(Error), code: SqlState(E23503), message: "insert or update on table \"Order\" violates foreign key constraint \"Order_customer_fkey\"", detail: Some("Key (customer)=(7) is not present in table \"customers\"."), hint: None, position: None, where_: None, schema: Some("shop"), table: Some("Order"), column: None, datatype: None, constraint: Some("Order_customer_fkey"), file: Some("ri_triggers.c"), line: Some(2610), routine: Some("ri_ReportViolation") }

   0: sql_schema_connector::apply_migration::apply_script
$log$, NULL, '2026-01-01');
SELECT split_part(detail, '): ', 2) AS detail, fix FROM migration_report() WHERE table_name = 'shop._prisma_migrations'::regclass;
-- The statement at the end of the detail runs as it is.
SELECT format('SELECT status, orphans, sample FROM (%s) counted', substring(detail FROM 'to count them: (.*);$'))
    FROM migration_report() WHERE table_name = 'shop._prisma_migrations'::regclass \gexec
-- The parent may be in another schema.
ALTER TABLE shop.customers SET SCHEMA public;
SELECT substring(detail FROM 'it will fail .*') AS detail FROM migration_report() WHERE table_name = 'shop._prisma_migrations'::regclass;
ALTER TABLE public.customers SET SCHEMA shop;
SET search_path = shop, public;
UPDATE shop._prisma_migrations SET logs = E'external connector error\nForeign key constraint failed: Order_customer_fkey\n   0: sql_schema_connector::apply_migration::apply_script\n';
SELECT split_part(detail, '): ', 2) AS detail FROM migration_report() WHERE table_name = 'shop._prisma_migrations'::regclass;

-- An index that an interrupted attempt has created: valid, invalid, and dropped.
UPDATE shop._prisma_migrations SET logs = E'external connector error\nError querying the database: ERROR: relation "by customer" already exists\n   0: sql_schema_connector::apply_migration::apply_script\n';
CREATE INDEX CONCURRENTLY "by customer" ON shop."Order" (customer);
SELECT split_part(detail, '): ', 2) AS detail, fix FROM migration_report() WHERE table_name = 'shop._prisma_migrations'::regclass;
UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'shop."by customer"'::regclass;
SELECT split_part(detail, '): ', 2) AS detail, fix FROM migration_report() WHERE table_name = 'shop._prisma_migrations'::regclass;
SELECT (regexp_match(detail, 'DROP INDEX[^,]*'))[1] FROM migration_report() WHERE table_name = 'shop._prisma_migrations'::regclass \gexec
SELECT split_part(detail, '): ', 2) AS detail, fix FROM migration_report() WHERE table_name = 'shop._prisma_migrations'::regclass;

RESET search_path;
DROP SCHEMA eventstore, atlas_schema_revisions, pgroll, gitlab, drizzle, py, php, flow, shop CASCADE;

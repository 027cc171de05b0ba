-- The statements of a deployment with Prisma Migrate: its lock, its table and its error.
\set QUIET on
SET client_min_messages = warning;
SELECT pg_advisory_lock(72707369) \g /dev/null
CREATE TABLE IF NOT EXISTS _prisma_migrations (
    id varchar(36) PRIMARY KEY NOT NULL, checksum varchar(64) NOT NULL, finished_at timestamptz, migration_name varchar(255) NOT NULL,
    logs text, rolled_back_at timestamptz, started_at timestamptz NOT NULL DEFAULT now(), applied_steps_count integer NOT NULL DEFAULT 0);
DO $$ BEGIN
    IF EXISTS (SELECT FROM _prisma_migrations WHERE finished_at IS NULL AND rolled_back_at IS NULL) THEN
        RAISE 'P3009: migrate found failed migrations in the target database, new migrations will not be applied';
    END IF;
END $$;
INSERT INTO _prisma_migrations (id, checksum, migration_name)
VALUES (gen_random_uuid(), md5('coupons'), '20260301120000_coupons');
CREATE TABLE IF NOT EXISTS coupons (id bigserial PRIMARY KEY, code text UNIQUE);
\if :{?killed}
\else
UPDATE _prisma_migrations SET finished_at = now(), applied_steps_count = 1 WHERE finished_at IS NULL AND rolled_back_at IS NULL;
SELECT pg_advisory_unlock(72707369) \g /dev/null
\echo The migration 20260301120000_coupons has been applied.
\endif

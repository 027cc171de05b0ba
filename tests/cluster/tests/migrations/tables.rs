//! Tables as the tools create them.

pub const PRISMA: &str =
    "CREATE TABLE _prisma_migrations (id varchar(36) PRIMARY KEY NOT NULL, checksum varchar(64) NOT NULL,
    finished_at timestamptz, migration_name varchar(255) NOT NULL, logs text, rolled_back_at timestamptz,
    started_at timestamptz NOT NULL DEFAULT now(), applied_steps_count integer NOT NULL DEFAULT 0)";

pub const EF_CORE: &str = "CREATE TABLE \"__EFMigrationsHistory\"
    (\"MigrationId\" varchar(150) PRIMARY KEY, \"ProductVersion\" varchar(32) NOT NULL)";

pub const SQLX: &str = "CREATE TABLE _sqlx_migrations (version BIGINT PRIMARY KEY, description TEXT NOT NULL,
    installed_on TIMESTAMPTZ NOT NULL DEFAULT now(), success BOOLEAN NOT NULL, checksum BYTEA NOT NULL,
    execution_time BIGINT NOT NULL)";

pub const ECTO: &str = "CREATE TABLE schema_migrations (version bigint PRIMARY KEY, inserted_at timestamp(0))";

pub const ALEMBIC: &str = "CREATE TABLE alembic_version (version_num varchar(32) NOT NULL PRIMARY KEY)";

pub const GOLANG_MIGRATE: &str =
    "CREATE TABLE schema_migrations (version bigint NOT NULL PRIMARY KEY, dirty boolean NOT NULL)";

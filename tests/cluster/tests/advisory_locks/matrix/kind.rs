//! The kinds of locks that migration tools use.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Prisma's key.
    AdvisorySession,
    /// Flyway's key.
    AdvisoryTransaction,
    /// Liquibase's row.
    RowFlag,
    /// The same row, as Keycloak locks it.
    RowLock,
    /// EF Core's history.
    TableLock,
}

const LIQUIBASE: &str = "CREATE TABLE databasechangeloglock (id int PRIMARY KEY, locked boolean NOT NULL, lockgranted timestamp,
        lockedby varchar(255));
    CREATE TABLE databasechangelog (id varchar(255) NOT NULL, author varchar(255) NOT NULL, filename varchar(255) NOT NULL,
        dateexecuted timestamp NOT NULL, orderexecuted int NOT NULL, exectype varchar(10) NOT NULL)";

impl Kind {
    pub const ALL: [Kind; 5] =
        [Kind::AdvisorySession, Kind::AdvisoryTransaction, Kind::RowFlag, Kind::RowLock, Kind::TableLock];

    pub fn database(self) -> &'static str {
        match self {
            Kind::AdvisorySession => "advisory_session",
            Kind::AdvisoryTransaction => "advisory_transaction",
            Kind::RowFlag => "row_flag",
            Kind::RowLock => "row_lock",
            Kind::TableLock => "table_lock",
        }
    }

    pub fn tables(self) -> &'static str {
        match self {
            Kind::AdvisorySession => {
                "CREATE TABLE _prisma_migrations (id varchar(36) PRIMARY KEY NOT NULL, checksum varchar(64) NOT NULL,
                    finished_at timestamptz, migration_name varchar(255) NOT NULL, logs text, rolled_back_at timestamptz,
                    started_at timestamptz NOT NULL DEFAULT now(), applied_steps_count integer NOT NULL DEFAULT 0)"
            }
            Kind::AdvisoryTransaction => {
                "CREATE TABLE flyway_schema_history (installed_rank int PRIMARY KEY, version varchar(50),
                    description varchar(200) NOT NULL, type varchar(20) NOT NULL, script varchar(1000) NOT NULL, checksum int,
                    installed_by varchar(100) NOT NULL, installed_on timestamp NOT NULL DEFAULT now(),
                    execution_time int NOT NULL, success bool NOT NULL)"
            }
            Kind::RowFlag | Kind::RowLock => LIQUIBASE,
            Kind::TableLock => {
                "CREATE TABLE \"__EFMigrationsHistory\"
                    (\"MigrationId\" varchar(150) PRIMARY KEY, \"ProductVersion\" varchar(32) NOT NULL)"
            }
        }
    }

    pub fn key(self) -> Option<&'static str> {
        match self {
            Kind::AdvisorySession => Some("72707369"),
            Kind::AdvisoryTransaction => Some("77433833903597"),
            _ => None,
        }
    }

    /// Whether the lock ends with its transaction.
    pub fn is_transactions(self) -> bool {
        matches!(self, Kind::AdvisoryTransaction | Kind::RowLock | Kind::TableLock)
    }

    pub fn is_flag(self) -> bool {
        self == Kind::RowFlag
    }

    /// Returns the statement that acquires the lock; the caller begins the transaction if it needs
    /// one.
    pub fn take(self) -> &'static str {
        match self {
            Kind::AdvisorySession => "SELECT pg_advisory_lock(72707369)",
            Kind::AdvisoryTransaction => "SELECT pg_try_advisory_xact_lock(77433833903597)",
            Kind::RowFlag => {
                "UPDATE databasechangeloglock SET locked = true, lockgranted = now() - interval '3 days', lockedby = 'pod-7'"
            }
            Kind::RowLock => "SELECT FROM databasechangeloglock WHERE id = 1 FOR UPDATE",
            Kind::TableLock => "LOCK TABLE \"__EFMigrationsHistory\"",
        }
    }

    /// Returns the statement of another run that waits for the lock.
    pub fn wait(self) -> Option<&'static str> {
        match self {
            Kind::AdvisorySession => Some("SELECT pg_advisory_lock(72707369)"),
            Kind::AdvisoryTransaction => Some("SELECT pg_advisory_lock(77433833903597)"),
            Kind::RowFlag => None,
            Kind::RowLock => Some("SELECT FROM databasechangeloglock WHERE id = 1 FOR UPDATE"),
            Kind::TableLock => Some("LOCK TABLE \"__EFMigrationsHistory\""),
        }
    }

    /// Returns the statement of another run that does not wait.
    pub fn attempt(self) -> &'static str {
        match self {
            Kind::AdvisorySession => "SELECT pg_try_advisory_lock(72707369)",
            Kind::AdvisoryTransaction => "SELECT pg_try_advisory_xact_lock(77433833903597)",
            Kind::RowFlag => "SELECT locked FROM databasechangeloglock",
            Kind::RowLock => "SELECT FROM databasechangeloglock WHERE id = 1 FOR UPDATE NOWAIT",
            Kind::TableLock => "BEGIN; LOCK TABLE \"__EFMigrationsHistory\" NOWAIT; COMMIT",
        }
    }
}

//! The tools that the tests run.

/// A tool and its project, which creates a table and then waits at the gate (see `fixture`).
#[derive(Clone, Copy, Debug)]
pub struct Tool {
    /// The name in src/locks/tools.json.
    pub name: &'static str,
    /// The project's folder in tests/cluster/clients.
    pub project: &'static str,
    /// The command that migrates. `{url}` stands for the database's URL, `{jdbc}` for its JDBC URL.
    pub command: &'static [&'static str],
}

pub const ADVISORY_LOCK: Tool = Tool {
    name: "advisory-lock (npm)",
    project: "advisory-lock",
    command: &["withlock", "app_production", "--db", "{url}", "--", "psql", "-X", "-c", "SELECT gate.pass()", "{url}"],
};
pub const ALEMBIC: Tool = Tool { name: "Alembic", project: "alembic", command: &["alembic", "upgrade", "head"] };
pub const DJANGO: Tool = Tool { name: "Django", project: "django", command: &["python", "manage.py", "migrate"] };
pub const DJANGO_PGLOCK: Tool = Tool {
    name: "django-pglock",
    project: "django",
    command: &["python", "manage.py", "pglock_migrate", "app_production"],
};
pub const DJANGO_PGLOCKS: Tool =
    Tool { name: "django-pglocks", project: "django", command: &["python", "manage.py", "pglocks", "app_production"] };
pub const GRAPHILE_MIGRATE: Tool =
    Tool { name: "graphile-migrate", project: "graphile-migrate", command: &["graphile-migrate", "migrate"] };
pub const DRIZZLE: Tool = Tool { name: "Drizzle", project: "drizzle", command: &["node", "migrate.mjs"] };
pub const KNEX: Tool =
    Tool { name: "Knex", project: "knex", command: &["knex", "--knexfile", "knexfile.cjs", "migrate:latest"] };
pub const KYSELY: Tool = Tool { name: "Kysely", project: "kysely", command: &["node", "migrate.mjs"] };
pub const LIQUIBASE: Tool = Tool {
    name: "Liquibase",
    project: "liquibase",
    command: &[
        "java",
        "-cp",
        "node_modules/liquibase/dist/liquibase/internal/lib/*",
        "liquibase.integration.commandline.LiquibaseCommandLine",
        "update",
        "--url={jdbc}",
        "--changelog-file=changelog.sql",
    ],
};
/// With a clock in another time zone than the server's.
pub const LIQUIBASE_IN_KOLKATA: Tool = Tool {
    name: "Liquibase",
    project: "liquibase",
    command: &[
        "env",
        "TZ=Asia/Kolkata",
        "java",
        "-cp",
        "node_modules/liquibase/dist/liquibase/internal/lib/*",
        "liquibase.integration.commandline.LiquibaseCommandLine",
        "update",
        "--url={jdbc}",
        "--changelog-file=changelog.sql",
    ],
};
pub const MIKRO_ORM: Tool = Tool { name: "MikroORM", project: "mikro-orm", command: &["node", "migrate.mjs"] };
pub const NODE_PG_MIGRATE: Tool =
    Tool { name: "node-pg-migrate", project: "node-pg-migrate", command: &["node-pg-migrate", "up"] };
pub const PG_BOSS: Tool = Tool { name: "pg-boss", project: "pg-boss", command: &["node", "start.mjs"] };
pub const POSTGRES_MIGRATIONS: Tool =
    Tool { name: "postgres-migrations", project: "postgres-migrations", command: &["node", "migrate.cjs"] };
pub const PRISMA: Tool = Tool { name: "Prisma Migrate", project: "prisma", command: &["prisma", "migrate", "deploy"] };
pub const RAILS: Tool = Tool { name: "Rails (ActiveRecord)", project: "rails", command: &["ruby", "migrate.rb"] };
pub const SLONIK: Tool = Tool { name: "@slonik/migrator", project: "slonik", command: &["node", "migrate.cjs"] };
pub const SQITCH: Tool = Tool { name: "Sqitch", project: "sqitch", command: &["sqitch", "deploy", "db:{url}"] };
pub const SQLX: Tool = Tool { name: "sqlx", project: "sqlx", command: &["sqlx-migrate"] };
pub const TYPEORM: Tool = Tool { name: "TypeORM", project: "typeorm", command: &["node", "migrate.mjs"] };
pub const YOYO: Tool =
    Tool { name: "yoyo-migrations", project: "yoyo", command: &["yoyo", "apply", "--batch", "-d", "{url}", "."] };

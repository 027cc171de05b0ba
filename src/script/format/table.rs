//! The migration tools: how each one runs a file, and the marks that it looks for. Pure.
//!
//! The entries follow the parsers of the tools themselves: goose internal/sqlparser/parser.go,
//! sql-migrate sqlparse/sqlparse.go, dbmate pkg/dbmate/migration.go, tern migrate/migrate.go, Atlas
//! sql/migrate/lex.go and dir.go, Liquibase AbstractFormattedChangeLogParser.java, Flyway
//! PostgreSQLParser.java, sqlx sqlx-core/src/migrate/source.rs, graphile-migrate header.js,
//! node-pg-migrate sqlMigration.js, yoyo migrations.py, Play ResourceEvolutionsReader and
//! Script.statements, Drizzle migrator.js, and postgres-migrations run-migration.js.

use super::section::How;
use super::tool::{Act, Ends, Mark, Missing, Order, Place, Rest, Style, Tool};

const COMMENT: Style = Style {
    introducers: &["--"],
    may_be_indented: false,
    ignores_case: false,
    strips_hyphens: false,
    is_literal: false,
};

const fn mark(words: &'static [&'static str], act: Act) -> Mark {
    Mark { words, act, place: Place::Anywhere, rest: Rest::Nothing }
}

/// A tool whose files are plain SQL.
const fn plain(name: &'static str, how: How) -> Tool {
    Tool {
        name,
        how,
        without: How::Statements,
        ends: Ends::Server,
        missing: Missing::RunsAll,
        order: Order::Any,
        placeholders: &[],
        style: COMMENT,
        marks: &[],
    }
}

const GOOSE: Tool = Tool {
    without: How::String,
    ends: Ends::Line,
    missing: Missing::Fails,
    order: Order::Goose,
    marks: &[
        mark(&["+goose", "Up"], Act::Up),
        mark(&["+goose", "Down"], Act::Down),
        mark(&["+goose", "StatementBegin"], Act::Begin),
        mark(&["+goose", "StatementEnd"], Act::End),
        mark(&["+goose", "NO", "TRANSACTION"], Act::WithoutTransaction),
        mark(&["+goose", "ENVSUB", "ON"], Act::SubstituteOn),
        mark(&["+goose", "ENVSUB", "OFF"], Act::SubstituteOff),
    ],
    ..plain("goose", How::Transaction)
};

const SQL_MIGRATE: Tool = Tool {
    without: How::String,
    ends: Ends::Line,
    missing: Missing::Fails,
    marks: &[
        Mark { rest: Rest::Option("notransaction"), ..mark(&["+migrate", "Up"], Act::Up) },
        Mark { rest: Rest::Anything, ..mark(&["+migrate", "Down"], Act::Down) },
        Mark { rest: Rest::Anything, ..mark(&["+migrate", "StatementBegin"], Act::Begin) },
        Mark { rest: Rest::Anything, ..mark(&["+migrate", "StatementEnd"], Act::End) },
    ],
    ..plain("sql-migrate", How::Transaction)
};

const DBMATE: Tool = Tool {
    without: How::String,
    missing: Missing::Fails,
    order: Order::Dbmate,
    marks: &[
        Mark { rest: Rest::Option("transaction:false"), ..mark(&["migrate:up"], Act::Up) },
        Mark { rest: Rest::Anything, ..mark(&["migrate:down"], Act::Down) },
    ],
    ..plain("dbmate", How::Transaction)
};

const LIQUIBASE: Tool = Tool {
    missing: Missing::Fails,
    placeholders: &["${"],
    style: Style { may_be_indented: true, ignores_case: true, ..COMMENT },
    marks: &[
        Mark { words: &["liquibase", "formatted"], act: Act::Sign, place: Place::First, rest: Rest::Anything },
        Mark { rest: Rest::Anything, ..mark(&["changeset"], Act::Changeset) },
    ],
    ..plain("liquibase", How::Transaction)
};

const ATLAS: Tool = Tool {
    marks: &[
        Mark { place: Place::Top, ..mark(&["atlas:txmode", "none"], Act::WithoutTransaction) },
        Mark { place: Place::Top, rest: Rest::Anything, ..mark(&["atlas:txmode"], Act::Sign) },
        Mark { place: Place::First, rest: Rest::Anything, ..mark(&["atlas:delimiter"], Act::Delimiter) },
        Mark { place: Place::First, ..mark(&["atlas:txtar"], Act::Archive) },
    ],
    ..plain("atlas", How::Transaction)
};

const TERN: Tool = Tool {
    placeholders: &["{{"],
    marks: &[
        mark(&["--", "create", "above", "/", "drop", "below", "----"], Act::Down),
        mark(&["--", "tern:", "disable-tx", "----"], Act::WithoutTransaction),
    ],
    ..plain("tern", How::Transaction)
};

const NODE_PG_MIGRATE: Tool = Tool {
    order: Order::First,
    style: Style { may_be_indented: true, ignores_case: true, strips_hyphens: true, ..COMMENT },
    marks: &[
        Mark { rest: Rest::Prose, ..mark(&["up", "migration"], Act::Up) },
        Mark { rest: Rest::Prose, ..mark(&["down", "migration"], Act::Down) },
    ],
    ..plain("node-pg-migrate", How::Transaction)
};

const PLAY: Tool = Tool {
    ends: Ends::Doubled,
    missing: Missing::RunsNothing,
    style: Style { introducers: &["--", "#"], strips_hyphens: true, ..COMMENT },
    marks: &[mark(&["!Ups"], Act::Up), mark(&["!Downs"], Act::Down)],
    ..plain("play", How::Statements)
};

const SQLX: Tool = Tool {
    without: How::String,
    style: Style { introducers: &["-- "], is_literal: true, ..COMMENT },
    marks: &[Mark {
        words: &["no-transaction"],
        act: Act::WithoutTransaction,
        place: Place::First,
        rest: Rest::Prefix,
    }],
    ..plain("sqlx", How::Transaction)
};

const GRAPHILE_MIGRATE: Tool = Tool {
    without: How::String,
    style: Style { introducers: &["--!"], ..COMMENT },
    marks: &[
        Mark { words: &["no-transaction"], act: Act::WithoutTransaction, place: Place::Body, rest: Rest::WordEnd },
        Mark { place: Place::Header, rest: Rest::Anything, ..mark(&["Previous:"], Act::Sign) },
        Mark { place: Place::Header, rest: Rest::Anything, ..mark(&["Hash:"], Act::Sign) },
    ],
    ..plain("graphile-migrate", How::Transaction)
};

const REFINERY: Tool = Tool {
    marks: &[mark(&["+refinery", "NO", "TRANSACTION"], Act::WithoutTransaction)],
    ..plain("refinery", How::Transaction)
};

const YOYO: Tool = Tool {
    style: Style { may_be_indented: true, ..COMMENT },
    marks: &[Mark { place: Place::Header, ..mark(&["transactional:", "false"], Act::WithoutTransaction) }],
    ..plain("yoyo", How::Transaction)
};

const DRIZZLE: Tool = Tool {
    marks: &[Mark { place: Place::Behind, ..mark(&[">", "statement-breakpoint"], Act::Cut) }],
    ..plain("drizzle", How::Transaction)
};

const POSTGRES_MIGRATIONS: Tool = Tool {
    without: How::String,
    style: Style { introducers: &["-- "], is_literal: true, ..COMMENT },
    marks: &[Mark {
        words: &["postgres-migrations disable-transaction"],
        act: Act::WithoutTransaction,
        place: Place::Within,
        rest: Rest::Prefix,
    }],
    ..plain("postgres-migrations", How::Transaction)
};

const FLYWAY: Tool = Tool { placeholders: &["${"], ..plain("flyway", How::AsPossible) };

/// The tools, in the order of the reference.
pub const TOOLS: &[Tool] = &[
    plain("alembic", How::Statements),
    ATLAS,
    DBMATE,
    plain("diesel", How::Transaction),
    plain("django", How::Statements),
    DRIZZLE,
    FLYWAY,
    plain("golang-migrate", How::String),
    GOOSE,
    GRAPHILE_MIGRATE,
    plain("knex", How::Transaction),
    LIQUIBASE,
    NODE_PG_MIGRATE,
    PLAY,
    POSTGRES_MIGRATIONS,
    plain("postgrator", How::String),
    plain("prisma", How::String),
    plain("rails", How::Transaction),
    REFINERY,
    SQL_MIGRATE,
    plain("sqitch", How::Statements),
    SQLX,
    TERN,
    YOYO,
];

/// Returns the names of the tools.
pub fn names() -> String {
    TOOLS.iter().map(|tool| tool.name).collect::<Vec<_>>().join(", ")
}

pub fn find(name: &str) -> Option<&'static Tool> {
    TOOLS.iter().find(|tool| tool.name == name)
}

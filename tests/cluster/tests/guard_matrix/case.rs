//! A case: tables, what a session does to them, and the warnings that follow.

/// How a database is guarded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// seq_guard_enable(); the library is loaded when the first trigger fires.
    Triggers,
    /// Every session preloads the library, and no table has a trigger.
    Preloaded,
}

/// What a session does. Each step is its own transaction, unless the steps say otherwise.
#[derive(Clone, Copy, Debug)]
pub enum Step {
    /// One message of the simple query protocol: several statements are one transaction.
    Sql(&'static str),
    /// The same, but it must fail with this SQLSTATE.
    Fails(&'static str, &'static str),
    /// A protocol-level prepared statement, executed once with each id.
    Prepared(&'static str, &'static [i32]),
    /// COPY FROM STDIN and its data.
    Copy(&'static str, &'static [u8]),
}

pub struct Case {
    pub name: &'static str,
    /// Statements that another session runs before, to create and fill the tables.
    pub setup: &'static [&'static str],
    pub steps: &'static [Step],
    /// The commit of the id could not be checked: a later warning about it is never an error.
    pub is_deferred: bool,
    /// The transaction has not supplied the id itself: a warning about it is never an error.
    pub is_warning_only: bool,
    triggers: &'static [&'static str],
    preloaded: &'static [&'static str],
}

/// The table of most cases.
const TABLE: &str = "CREATE TABLE t (id serial PRIMARY KEY, note text)";

/// The table that most warnings name.
const T: &[&str] = &["public.t"];

impl Case {
    /// Creates a case on table `t` without a warning.
    pub const fn new(name: &'static str, steps: &'static [Step]) -> Self {
        Self { name, setup: &[TABLE], steps, is_deferred: false, is_warning_only: false, triggers: &[], preloaded: &[] }
    }

    /// Sets the setup, instead of table `t`.
    pub const fn on(self, setup: &'static [&'static str]) -> Self {
        Self { setup, ..self }
    }

    /// Expects one warning, about table `t`.
    pub const fn warns(self) -> Self {
        self.warns_of(T)
    }

    /// Expects a warning for each of these tables.
    pub const fn warns_of(self, tables: &'static [&'static str]) -> Self {
        Self { triggers: tables, preloaded: tables, ..self }
    }

    /// Expects the warning about `t` in a later transaction.
    pub const fn warns_later(self) -> Self {
        Self { is_deferred: true, ..self.warns() }
    }

    /// Expects one warning, even if others are raised as errors.
    pub const fn only_warns(self) -> Self {
        Self { is_warning_only: true, ..self.warns() }
    }

    /// Expects one warning about table `t` with triggers only: no statement has named the column.
    pub const fn warns_with_triggers_only(self) -> Self {
        Self { triggers: T, ..self }
    }

    pub const fn expected(&self, mode: Mode) -> &'static [&'static str] {
        match mode {
            Mode::Triggers => self.triggers,
            Mode::Preloaded => self.preloaded,
        }
    }
}

/// Table `t` with a row whose id the sequence has yet to generate.
pub const BEHIND: &[&str] = &[TABLE, "INSERT INTO t VALUES (10, 'behind')"];

/// Table `t` with a row that got its id, 1, from the sequence.
pub const ONE_ROW: &[&str] = &[TABLE, "INSERT INTO t (note) VALUES ('one')"];

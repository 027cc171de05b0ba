//! A case: tables, what a session does to them, and the warnings that follow.

/// The way a database is guarded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// seq_guard_enable(), and no library until a trigger fires.
    Triggers,
    /// The library in every session, and no trigger.
    Preloaded,
}

/// What a session does. Each is a transaction of its own, unless the steps say otherwise.
#[derive(Clone, Copy, Debug)]
pub enum Step {
    /// One message of the simple protocol: several statements are one transaction.
    Sql(&'static str),
    /// The same, which fails with this SQLSTATE.
    Fails(&'static str, &'static str),
    /// Prepared by the protocol, executed once with each id.
    Prepared(&'static str, &'static [i32]),
    /// COPY FROM STDIN and its data.
    Copy(&'static str, &'static [u8]),
}

pub struct Case {
    pub name: &'static str,
    /// What is there before: made, and filled, by another session.
    pub setup: &'static [&'static str],
    pub steps: &'static [Step],
    /// Nobody could judge at the commit that brought the id: what it has to be told later is never an error.
    pub is_put_off: bool,
    /// No id that the transaction has brought itself: what is said of it is never an error.
    pub is_only_told: bool,
    triggers: &'static [&'static str],
    preloaded: &'static [&'static str],
}

/// The table of most cases.
const TABLE: &str = "CREATE TABLE t (id serial PRIMARY KEY, note text)";

/// The one that most warnings name.
const T: &[&str] = &["public.t"];

impl Case {
    /// A case on table `t`, about which nobody warns.
    pub const fn new(name: &'static str, steps: &'static [Step]) -> Self {
        Self { name, setup: &[TABLE], steps, is_put_off: false, is_only_told: false, triggers: &[], preloaded: &[] }
    }

    /// The setup, instead of table `t`.
    pub const fn on(self, setup: &'static [&'static str]) -> Self {
        Self { setup, ..self }
    }

    /// One warning, of table `t`.
    pub const fn warns(self) -> Self {
        self.warns_of(T)
    }

    /// A warning for each of these tables.
    pub const fn warns_of(self, tables: &'static [&'static str]) -> Self {
        Self { triggers: tables, preloaded: tables, ..self }
    }

    /// The transaction that is warned of `t` is a later one.
    pub const fn warns_later(self) -> Self {
        Self { is_put_off: true, ..self.warns() }
    }

    /// One warning, even where others are errors.
    pub const fn only_warns(self) -> Self {
        Self { is_only_told: true, ..self.warns() }
    }

    /// One warning of table `t`, where triggers do the watching: no statement has named the column.
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

/// Table `t`, and a row from elsewhere that is in its sequence's way.
pub const BEHIND: &[&str] = &[TABLE, "INSERT INTO t VALUES (10, 'behind')"];

/// Table `t`, and a row that got its id as it should: 1.
pub const ONE_ROW: &[&str] = &[TABLE, "INSERT INTO t (note) VALUES ('one')"];

//! A duplicate key, and whether its error must say that the sequence is behind.

use crate::nextval_before::NEXTVAL_BEFORE;
use crate::statement::Statement::{self, Sql};
use crate::with_hint::WITH_HINT;
use crate::without_hint::WITHOUT_HINT;

pub struct Duplicate {
    pub name: &'static str,
    pub setup: &'static [&'static str],
    /// Statements that the session runs before; they succeed.
    pub before: &'static [&'static str],
    pub attempt: Statement,
    /// The sequence and the table that the hint must name.
    pub hint: Option<(&'static str, &'static str)>,
    /// Whether the session has fetched the id before, in a query of its own.
    pub is_drawn_before: bool,
}

/// The sequence collides with ids 1 to 3.
const T: &[&str] =
    &["CREATE TABLE t (id serial PRIMARY KEY, note text UNIQUE)", "INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'c')"];

pub const IDENTITY: &[&str] = &[
    "CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, note text)",
    "INSERT INTO t OVERRIDING SYSTEM VALUE VALUES (1)",
];

pub const INSERT: Statement = Sql("INSERT INTO t (note) VALUES ('x')");

impl Duplicate {
    pub const fn new(name: &'static str, attempt: Statement) -> Self {
        Self { name, setup: T, before: &[], attempt, hint: None, is_drawn_before: false }
    }

    pub const fn on(self, setup: &'static [&'static str]) -> Self {
        Self { setup, ..self }
    }

    pub const fn after(self, before: &'static [&'static str]) -> Self {
        Self { before, ..self }
    }

    /// Requires a hint with table `t` and its sequence.
    pub const fn explained(self) -> Self {
        self.explained_by("public.t_id_seq", "public.t")
    }

    /// Does the same for an id that the session has fetched before.
    pub const fn drawn_before(self) -> Self {
        Self { is_drawn_before: true, ..self.explained() }
    }

    pub const fn explained_by(self, sequence: &'static str, table: &'static str) -> Self {
        Self { hint: Some((sequence, table)), ..self }
    }
}

pub fn duplicates() -> impl Iterator<Item = &'static Duplicate> {
    WITH_HINT.iter().chain(NEXTVAL_BEFORE).chain(WITHOUT_HINT)
}

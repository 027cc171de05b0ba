//! A duplicate key, and whether its error has to say that the sequence is behind.

use crate::attempt::Attempt::{self, Sql};
use crate::drawn_before::DRAWN_BEFORE;
use crate::explained::EXPLAINED;
use crate::unexplained::UNEXPLAINED;

pub struct Duplicate {
    pub name: &'static str,
    pub setup: &'static [&'static str],
    /// What the session does before; it succeeds.
    pub before: &'static [&'static str],
    pub attempt: Attempt,
    /// The sequence and the table that the hint has to name.
    pub hint: Option<(&'static str, &'static str)>,
    /// The session has drawn the id before, by a query of its own.
    pub is_drawn_before: bool,
}

/// Ids 1 to 3 are in the sequence's way.
const T: &[&str] =
    &["CREATE TABLE t (id serial PRIMARY KEY, note text UNIQUE)", "INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'c')"];

pub const IDENTITY: &[&str] = &[
    "CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, note text)",
    "INSERT INTO t OVERRIDING SYSTEM VALUE VALUES (1)",
];

pub const INSERT: Attempt = Sql("INSERT INTO t (note) VALUES ('x')");

impl Duplicate {
    pub const fn new(name: &'static str, attempt: Attempt) -> Self {
        Self { name, setup: T, before: &[], attempt, hint: None, is_drawn_before: false }
    }

    pub const fn on(self, setup: &'static [&'static str]) -> Self {
        Self { setup, ..self }
    }

    pub const fn after(self, before: &'static [&'static str]) -> Self {
        Self { before, ..self }
    }

    /// The error has to explain itself with table `t` and its sequence.
    pub const fn explained(self) -> Self {
        self.explained_by("public.t_id_seq", "public.t")
    }

    /// As `explained`, of an id that the session has drawn before.
    pub const fn drawn_before(self) -> Self {
        Self { is_drawn_before: true, ..self.explained() }
    }

    pub const fn explained_by(self, sequence: &'static str, table: &'static str) -> Self {
        Self { hint: Some((sequence, table)), ..self }
    }
}

pub fn duplicates() -> impl Iterator<Item = &'static Duplicate> {
    EXPLAINED.iter().chain(DRAWN_BEFORE).chain(UNEXPLAINED)
}

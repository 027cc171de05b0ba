//! What a tool's tables in one schema hold, as its judge sees it. Knows nothing of the server.

use super::named_relations::Relation;
use crate::pg::heap_rows::{Cell, Moment};
use crate::report::session_label::process;
use std::rc::Rc;

/// Younger than this, a lock or an attempt may well have somebody at work.
const FRESH: i64 = 60_000_000;

/// Time zones are whole quarters of an hour apart, 14 h from UTC at most.
const QUARTER: i64 = 900_000_000;
const FURTHEST: i64 = 14 * 4;

/// As many rows does a fix name at most. Run again, it gets at the next ones.
pub const MOST: usize = 100;

/// A row of a tool's table: the values that its layout reads, in that order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row(pub Vec<Option<Cell>>);

impl Row {
    pub fn text(&self, column: usize) -> Option<&str> {
        self.0.get(column)?.as_ref().map(|cell| cell.text.as_str())
    }

    pub fn is_null(&self, column: usize) -> bool {
        self.text(column).is_none()
    }

    pub fn integer(&self, column: usize) -> Option<i64> {
        self.text(column)?.parse().ok()
    }

    pub fn is_true(&self, column: usize) -> bool {
        self.text(column) == Some("t")
    }

    pub fn moment(&self, column: usize) -> Option<Moment> {
        self.0.get(column)?.as_ref()?.moment
    }

    /// What orders rows: time, number or text.
    pub fn order(&self, column: usize) -> (Option<i64>, &str) {
        let number = self.moment(column).map(|moment| moment.utc).or_else(|| self.integer(column));
        (number, self.text(column).unwrap_or_default())
    }
}

/// One of a tool's tables.
#[derive(Clone, Debug)]
pub struct Table {
    /// As SQL has to spell it.
    pub name: String,
    /// The columns read, as SQL has to spell them.
    pub columns: Vec<String>,
    pub rows: Vec<Row>,
}

impl Table {
    /// The row with the highest value in `column` of those that `counts`.
    pub fn newest(&self, column: usize, counts: impl Fn(&Row) -> bool) -> Option<&Row> {
        self.rows.iter().filter(|row| counts(row)).max_by(|one, other| one.order(column).cmp(&other.order(column)))
    }
}

/// A tool's tables in one schema, and what else bears on them.
#[derive(Clone, Debug, Default)]
pub struct Scene {
    pub history: Option<Table>,
    pub lock: Option<Table>,
    pub metadata: Option<Table>,
    pub schema: String,
    /// The history's name, or the lock's if there is none.
    pub table: String,
    pub database: String,
    /// As `Moment` counts.
    pub now: i64,
    /// Keys of the advisory locks that are held in this database, and by which processes; 0 stands for a prepared transaction.
    pub advisory: Rc<[(i64, i32)]>,
    /// Looks up a relation by schema and name.
    pub find_relation: Option<FindRelation>,
}

pub type FindRelation = fn(&str, &str) -> Option<Relation>;

impl Scene {
    /// The rows of a table that may not be there.
    pub fn rows(table: &Option<Table>) -> &[Row] {
        table.as_ref().map(|table| table.rows.as_slice()).unwrap_or_default()
    }

    /// Who holds the advisory lock `key`.
    pub fn holders(&self, key: i64) -> Vec<i32> {
        self.advisory.iter().filter(|(held, _)| *held == key).map(|(_, pid)| *pid).collect()
    }

    /// Whether it was less than a minute ago: for a time without a time zone, by the clock of any.
    pub fn is_fresh(&self, moment: Moment) -> bool {
        let is_now = |reading: i64| self.now.saturating_sub(reading).saturating_abs() < FRESH;
        if moment.has_zone {
            return is_now(moment.utc);
        }
        let mut offsets = (-FURTHEST..=FURTHEST).map(|quarters| quarters * QUARTER);
        is_now(moment.local) || offsets.any(|offset| is_now(moment.utc.saturating_sub(offset)))
    }

    /// `2026-11-22 03:00:00+00 (2 h 5 min ago)`; without the age for a time without a time zone.
    pub fn since(&self, row: &Row, column: usize) -> Option<String> {
        let (text, moment) = (row.text(column)?, row.moment(column)?);
        let age = self.now.saturating_sub(moment.utc);
        if !moment.has_zone || !(0..i64::MAX).contains(&age) {
            return Some(text.to_owned());
        }
        Some(format!("{text} ({} ago)", crate::report::duration::in_words(age)))
    }
}

/// Returns the processes in words.
pub fn processes(pids: &[i32]) -> String {
    pids.iter().map(|pid| process(*pid)).collect::<Vec<_>>().join(", ")
}

/// What a log comes down to: the server's error if it quotes one, or its first line; cut if it is long.
pub fn gist(log: &str) -> &str {
    const LONGEST: usize = 200;
    let lines = || log.lines().map(str::trim).filter(|line| !line.is_empty());
    let after = |mark: &str| lines().skip_while(move |line| *line != mark).nth(1);
    let error = || lines().find_map(|line| line.find("ERROR:").map(|at| &line[at..]));
    // Prisma's engines: the native one, and the same as WebAssembly.
    let line = after("Database error:").or_else(error).or_else(|| after("external connector error"));
    let line = line.or_else(|| lines().next()).unwrap_or_default();
    line.char_indices().nth(LONGEST).map_or(line, |(end, _)| &line[..end])
}

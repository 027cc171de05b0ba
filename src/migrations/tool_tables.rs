//! Holds the contents of a tool's tables in one schema, as its judge sees them. Does not access the
//! server.

use super::named_relations::Relation;
use crate::pg::heap_rows::{Cell, Moment};
use crate::report::session_label::process;
use crate::report::wording::{series, without_full_stop};
use std::rc::Rc;

/// Microseconds: if a lock or an attempt is younger than this, a session is likely still at work.
const FRESH: i64 = 60_000_000;

/// Time zones differ by multiples of a quarter of an hour, and from UTC by at most 14 h.
const QUARTER: i64 = 900_000_000;
const FURTHEST: i64 = 14 * 4;

/// How many rows a fix names at most. Once it has been run, the next fix names the following rows.
pub const MAX_NAMED_ROWS: usize = 100;

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

    /// Returns what rows are ordered by: a time, a number or a text.
    pub fn order(&self, column: usize) -> (Option<i64>, &str) {
        let number = self.moment(column).map(|moment| moment.utc).or_else(|| self.integer(column));
        (number, self.text(column).unwrap_or_default())
    }
}

/// One of a tool's tables.
#[derive(Clone, Debug)]
pub struct Table {
    /// The quoted name.
    pub name: String,
    /// The quoted names of the columns read.
    pub columns: Vec<String>,
    pub rows: Vec<Row>,
}

impl Table {
    /// Returns the row with the highest value in `column` among those that `counts` accepts.
    pub fn newest(&self, column: usize, counts: impl Fn(&Row) -> bool) -> Option<&Row> {
        self.rows.iter().filter(|row| counts(row)).max_by(|one, other| one.order(column).cmp(&other.order(column)))
    }
}

/// A tool's tables in one schema, and what else the verdict depends on.
#[derive(Clone, Debug, Default)]
pub struct ToolTables {
    pub history: Option<Table>,
    pub lock: Option<Table>,
    pub metadata: Option<Table>,
    pub schema: String,
    /// The history's name, or the lock's if there is none.
    pub table: String,
    pub database: String,
    /// The current time, in the unit of `Moment`.
    pub now: i64,
    /// Whether this is a standby. The sessions that migrate are on the primary and not seen here.
    pub is_standby: bool,
    /// The keys of the advisory locks that are held in this database, each with its process; 0 is a
    /// prepared transaction.
    pub advisory: Rc<[(i64, i32)]>,
    /// Looks up a relation by schema and name.
    pub find_relation: Option<FindRelation>,
}

pub type FindRelation = fn(&str, &str) -> Option<Relation>;

impl ToolTables {
    /// Returns the rows of a table; none if it does not exist.
    pub fn rows(table: &Option<Table>) -> &[Row] {
        table.as_ref().map(|table| table.rows.as_slice()).unwrap_or_default()
    }

    /// Returns the processes that hold the advisory lock `key`.
    pub fn holders(&self, key: i64) -> Vec<i32> {
        self.advisory.iter().filter(|(held, _)| *held == key).map(|(_, pid)| *pid).collect()
    }

    /// Whether the moment is less than a minute ago. A time without a time zone is compared with
    /// the clocks of all time zones.
    pub fn is_fresh(&self, moment: Moment) -> bool {
        let is_now = |reading: i64| self.now.saturating_sub(reading).saturating_abs() < FRESH;
        if moment.has_zone {
            return is_now(moment.utc);
        }
        let mut offsets = (-FURTHEST..=FURTHEST).map(|quarters| quarters * QUARTER);
        is_now(moment.local) || offsets.any(|offset| is_now(moment.utc.saturating_sub(offset)))
    }

    /// Returns `2026-11-22 03:00:00+00 (2 h 5 min ago)`; without the age for a time without a time
    /// zone.
    pub fn since(&self, row: &Row, column: usize) -> Option<String> {
        let (text, moment) = (row.text(column)?, row.moment(column)?);
        let age = self.now.saturating_sub(moment.utc);
        if !moment.has_zone || !(0..i64::MAX).contains(&age) {
            return Some(text.to_owned());
        }
        Some(format!("{text} ({} ago)", crate::report::duration::in_words(age)))
    }
}

/// Describes the processes.
pub fn processes(pids: &[i32]) -> String {
    series(&pids.iter().map(|pid| process(*pid)).collect::<Vec<_>>(), " and ")
}

/// Returns the essence of a log: the server's error if it quotes one, otherwise its first line;
/// shortened if it is long; without its full stop, since it is quoted within a sentence.
pub fn gist(log: &str) -> &str {
    const LONGEST: usize = 200;
    let lines = || log.lines().map(str::trim).filter(|line| !line.is_empty());
    let after = |mark: &str| lines().skip_while(move |line| *line != mark).nth(1);
    let error = || lines().find_map(|line| line.find("ERROR:").map(|at| &line[at..]));
    // The formats of Prisma's engines: the native one, and the WebAssembly one.
    let line = after("Database error:").or_else(error).or_else(|| after("external connector error"));
    let line = line.or_else(|| lines().next()).unwrap_or_default();
    line.char_indices().nth(LONGEST).map_or(without_full_stop(line), |(end, _)| &line[..end])
}

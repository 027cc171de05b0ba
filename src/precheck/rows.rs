//! Asks the tables about their rows, as the script will find them.
//!
//! A query that the server has analyzed under the script's names runs without any role's
//! privileges: see `pg::unprivileged`. Whether its caller may read the tables is checked first.

use super::model::Cause;
use super::model::relation::{Id, Number, Relation};
use super::run::Run;
use crate::error::Error;
use crate::pg::function_check::Calls;
use crate::pg::lock_budget::with_lock_timeout;
use crate::pg::names::quote_identifier;
use crate::pg::relation::{LockMode, Relation as Open};
use crate::pg::{encoded_text, subtransaction, unprivileged};
use crate::report::quoting::{clip, printable};
use crate::report::readable::refusal;
use pgrx::PgSqlErrorCode;

/// Why the rows do not answer.
#[derive(Clone, Debug)]
pub enum NoAnswer {
    /// The reason.
    Unknown(String),
    /// Evaluating an expression raises this error.
    Raised(Error),
}

pub type Table = Vec<Vec<Option<String>>>;

/// How many violations there are, and some of them.
#[derive(Clone, Debug)]
pub struct Violations {
    pub count: i64,
    pub sample: Vec<String>,
}

/// What earlier statements of the script may have done to the violations that the tables have now.
#[derive(Clone, Copy, Debug, Default)]
pub struct Doubt {
    /// What may have removed some.
    pub fewer: Option<Cause>,
    /// What may have added some.
    pub more: Option<Cause>,
}

impl Doubt {
    /// Returns the doubts about a condition on single rows of the relation, which reads these
    /// columns.
    pub fn about(run: &Run, id: Id, columns: &[&str]) -> Doubt {
        let relation = run.model.get(id);
        let changes = &relation.changes;
        let updated = columns.iter().filter_map(|column| changes.updated.get(*column).copied()).max();
        let any = run.model.rows_unknown.or(updated.map(Cause::Statement));
        let by = |statement: Option<Number>| any.or(statement.map(Cause::Statement));
        Doubt { fewer: by(changes.deleted.or(changes.emptied)), more: by(changes.inserted) }
    }

    pub fn or(self, other: Doubt) -> Doubt {
        Doubt { fewer: self.fewer.or(other.fewer), more: self.more.or(other.more) }
    }

    /// Returns what makes a count of violations worthless.
    pub fn of(self, count: i64) -> Option<Cause> {
        if count > 0 { self.fewer } else { self.more }
    }
}

/// Runs a query over the tables. Each table comes with the columns that the query reads; `None` for
/// a column that is not known, which requires SELECT on the whole table.
pub fn ask(run: &Run, query: &str, tables: &[(Id, &[&str])]) -> Result<Table, NoAnswer> {
    for (id, columns) in tables {
        readable(run.model.get(*id), columns)?;
    }
    let oids: Vec<_> = tables.iter().filter_map(|(id, _)| run.model.get(*id).oid).collect();
    let outcome = unprivileged::with_retries(|| {
        subtransaction::discard(|| {
            with_lock_timeout(|| {
                let open = oids.iter().map(|oid| Open::try_open(*oid, LockMode::AccessShare));
                let gone = || Error::new(PgSqlErrorCode::ERRCODE_UNDEFINED_TABLE, "a table has just been dropped");
                let open: Vec<Open> = open.collect::<Option<_>>().ok_or_else(gone)?;
                for table in &open {
                    table.refuse_unreadable()?;
                }
                unprivileged::select(query, &open.iter().collect::<Vec<_>>(), Calls::Any)
            })
        })
    });
    let rows = outcome.map_err(no_answer)?;
    let text = |value: Option<std::ffi::CString>| value.map(|value| encoded_text::decode(value.to_bytes()));
    Ok(rows.into_iter().map(|row| row.into_iter().map(text).collect()).collect())
}

/// Returns why the caller may not read the columns.
fn readable(relation: &Relation, columns: &[&str]) -> Result<(), NoAnswer> {
    let (Some(oid), Some(original)) = (relation.oid, &relation.original) else {
        return Err(NoAnswer::Unknown(format!("{} does not exist yet", relation.quoted())));
    };
    if relation.kind == b'f' {
        return Err(NoAnswer::Unknown(format!("{} is a foreign table", relation.quoted())));
    }
    let numbered = |name: &&str| {
        let column = relation.column(name)?;
        Some((column.number?, column.name.as_str()))
    };
    let numbered: Vec<(i16, &str)> = columns.iter().filter_map(numbered).collect();
    match refusal(oid, original, &numbered) {
        None => Ok(()),
        Some(refusal) => Err(NoAnswer::Unknown(format!("{}: {}", relation.quoted(), refusal.reason))),
    }
}

/// Tells an error of the rows' values, which the statement will meet as well, from others.
fn no_answer(error: Error) -> NoAnswer {
    let class = |code: PgSqlErrorCode| code as i32 & ((1 << 12) - 1);
    let of_values = [
        PgSqlErrorCode::ERRCODE_DATA_EXCEPTION,
        PgSqlErrorCode::ERRCODE_INTEGRITY_CONSTRAINT_VIOLATION,
        PgSqlErrorCode::ERRCODE_CARDINALITY_VIOLATION,
    ];
    if of_values.iter().any(|code| class(*code) == class(error.sqlstate)) {
        return NoAnswer::Raised(error);
    }
    NoAnswer::Unknown(format!("the rows could not be read: {}", error.message))
}

/// Counts the rows of a query, and samples them.
pub fn violations(run: &Run, query: &str, tables: &[(Id, &[&str])]) -> Result<Violations, NoAnswer> {
    let count = number(&ask(run, &format!("SELECT pg_catalog.count(*) FROM ({query}) AS violations"), tables)?);
    if count == 0 {
        return Ok(Violations { count, sample: Vec::new() });
    }
    // A sample that cannot be shown must not hide the violations.
    let rows = ask(run, &format!("SELECT * FROM ({query}) AS violations LIMIT 3"), tables).unwrap_or_default();
    let text = |row: Vec<Option<String>>| {
        let values = row.into_iter().map(|value| value.map_or_else(|| "NULL".to_owned(), |value| one_line(&value)));
        values.collect::<Vec<_>>().join(", ")
    };
    let mut sample: Vec<String> = rows.into_iter().map(text).collect();
    sample.retain(|row| row != "NULL");
    Ok(Violations { count, sample })
}

/// Returns a value of a row, shortened, for a sample.
fn one_line(value: &str) -> String {
    const LONGEST: usize = 40;
    let value = printable(value);
    if value.is_empty() {
        return "''".to_owned();
    }
    if value.len() <= LONGEST { value } else { format!("{}…", clip(&value, LONGEST)) }
}

/// Returns the number in the first column of the first row.
pub fn number(table: &Table) -> i64 {
    let value = table.first().and_then(|row| row.first()?.as_deref()?.parse().ok());
    value.unwrap_or(0)
}

/// Returns what identifies a row of the relation in a sample: its primary key, or these columns.
pub fn shown(relation: &Relation, columns: &[&str]) -> String {
    let is_known = |name: &str| relation.column(name).is_some_and(|column| column.value.is_some());
    let key = relation.primary_key().filter(|key| key.columns.iter().all(|name| is_known(name)));
    let listed: Vec<&str> = match key {
        Some(key) => key.columns.iter().map(String::as_str).collect(),
        None => columns.to_vec(),
    };
    if listed.is_empty() {
        return "NULL::pg_catalog.text".to_owned();
    }
    let text = |name: &&str| format!("{}::pg_catalog.text", quote_identifier(name));
    listed.iter().map(text).collect::<Vec<_>>().join(", ")
}

/// Returns the names in a sample as a clause, or nothing without any.
pub fn examples(sample: &[String]) -> String {
    if sample.is_empty() { String::new() } else { format!(", such as {}", sample.join("; ")) }
}

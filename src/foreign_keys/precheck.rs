//! fk_precheck: judges whether a foreign key that does not exist yet would hold, and writes the
//! statements that add it.

use super::ddl::{EquivalentKey, Existing, Plan};
use super::discover::hypothetical;
use super::obstacle::{column_obstacle, counts_differ, obstacle, refuse_columns};
use super::orphans::{self, Orphans};
use super::reference::Reference;
use super::request::{NamedColumn, NamedTable};
use super::size::sizes;
use super::unique_key::{UniqueKey, operators};
use crate::error::Error;
use crate::pg::names::{self, quote_identifier};
use crate::report::one_line::pasteable;
use crate::report::wording;
use pgrx::pg_sys::Oid;

/// The values of the column `status`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Ok,
    Violated,
    Exists,
    Impossible,
    Unknown,
}

impl Status {
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Ok => "ok",
            Status::Violated => "violated",
            Status::Exists => "exists",
            Status::Impossible => "impossible",
            Status::Unknown => "unknown",
        }
    }
}

/// The row of `fk_precheck`.
pub struct Answer {
    pub status: Status,
    pub orphans: Option<Orphans>,
    pub details: Vec<String>,
    /// The statement that lists the orphans, and the statements that repair them.
    pub choices: Option<Vec<String>>,
    /// One statement per element.
    pub ddl: Option<Vec<String>>,
}

impl Answer {
    fn impossible(reason: impl Into<String>) -> Answer {
        Answer { status: Status::Impossible, orphans: None, details: vec![reason.into()], choices: None, ddl: None }
    }
}

/// The two sides of the requested foreign key.
struct Sides {
    child: NamedTable,
    child_columns: Vec<NamedColumn>,
    parent: NamedTable,
    parent_columns: Vec<NamedColumn>,
}

/// Judges the foreign key. If `parent_columns` is `None`, it refers to the parent's primary key.
pub fn precheck(
    child: Oid,
    child_columns: &[String],
    parent: Oid,
    parent_columns: Option<&[String]>,
) -> Result<Answer, Error> {
    let (child, parent) = (NamedTable::look_up(child)?, NamedTable::look_up(parent)?);
    refuse_columns(child_columns, parent_columns)?;
    let child_columns = child.columns(child_columns)?;
    let parent_columns = parent_columns.map(|names| parent.columns(names)).transpose()?;
    if let Some(reason) = obstacle(&child, &parent).or_else(|| column_obstacle(&child_columns)) {
        return Ok(Answer::impossible(reason));
    }
    let key = UniqueKey::find(&parent, parent_columns.as_deref())?;
    let parent_columns = match (parent_columns, &key) {
        (Some(columns), _) => columns,
        (None, Some(key)) => key_columns(&parent, key, child_columns.len())?,
        (None, None) => {
            return Ok(Answer::impossible(format!("{} has no primary key; list the columns", parent.name.quoted())));
        }
    };
    if let Some(reason) = column_obstacle(&parent_columns) {
        return Ok(Answer::impossible(reason));
    }
    Sides { child, child_columns, parent, parent_columns }.judge(key)
}

fn key_columns(parent: &NamedTable, key: &UniqueKey, count: usize) -> Result<Vec<NamedColumn>, Error> {
    let names: Vec<String> = key.column_numbers().filter_map(|number| names::column_name(parent.oid, number)).collect();
    if names.len() != count {
        return counts_differ(count, names.len());
    }
    parent.columns(&names)
}

impl Sides {
    fn judge(self, key: Option<UniqueKey>) -> Result<Answer, Error> {
        let usable = key.as_ref().filter(|key| key.is_usable);
        let operators = match operators(usable, &self.child_columns, &self.parent_columns) {
            Ok(operators) => operators,
            Err(reason) => return Ok(Answer::impossible(reason)),
        };
        let (child, parent) = (numbers(&self.child_columns), numbers(&self.parent_columns));
        let Some(reference) =
            hypothetical((self.child.oid, child.clone()), (self.parent.oid, parent.clone()), operators)?
        else {
            return Ok(Answer::impossible("a table or a column was dropped concurrently"));
        };
        let existing = Existing::look_up(&self.child, &child, self.parent.oid, &parent, &reference)?;
        let plan = Plan { child: &self.child, reference: &reference, existing: &existing };
        let mut answer = judge_rows(&reference);
        if let Some(equivalent) = &existing.equivalent {
            answer.status = Status::Exists;
            answer.details.insert(0, equivalent.describe());
            answer.ddl = plan.finish(equivalent, answer.orphans.as_ref());
        } else if usable.is_none() {
            answer.status = Status::Impossible;
            let (reason, ddl) = self.without_key(key.as_ref(), &plan, answer.orphans.as_ref())?;
            answer.details.insert(0, reason);
            answer.ddl = ddl;
        } else {
            answer.ddl = plan.statements(answer.orphans.as_ref());
        }
        answer.ddl = answer.ddl.and_then(|ddl| ddl.into_iter().map(pasteable).collect());
        let default = answer.orphans.as_ref().and_then(|orphans| orphans.orphaned_default.as_deref());
        let default = default.map(|default| reference.describe_default(default));
        answer.details.extend(default);
        answer.details.extend(reference.inheritance());
        if answer.ddl.is_some() && existing.equivalent.is_none() {
            answer.details.extend(self.remarks(&existing, &reference, usable.is_none()));
        }
        Ok(answer)
    }

    /// Returns why a foreign key cannot refer to the parent's columns, and the statements that
    /// would change that.
    fn without_key(
        &self,
        key: Option<&UniqueKey>,
        plan: &Plan<'_>,
        orphans: Option<&Orphans>,
    ) -> Result<(String, Option<Vec<String>>), Error> {
        let columns = format!("{} ({})", self.parent.name.quoted(), plan.reference.parent.column_list());
        match key {
            Some(key) if !key.is_immediate => {
                return Ok((format!("the unique constraint on {columns} is deferrable"), None));
            }
            Some(_) => {
                return Ok((format!("the unique index on {columns} is partial, invalid, or on expressions"), None));
            }
            None => {}
        }
        let none = format!("no unique constraint on {columns}");
        let obstacle =
            if self.parent.is_partitioned() { self.parent.unique_key_obstacle(&self.parent_columns)? } else { None };
        if let Some(obstacle) = obstacle {
            return Ok((format!("{none}, and none is possible: {obstacle}"), None));
        }
        Ok(match orphans::repeated_keys(plan.reference) {
            Ok(0) if !self.parent.is_partitioned() => {
                let ddl = plan.with_unique_key(&self.parent, orphans)?;
                (format!("{none}, although its rows are unique: ddl adds one first"), ddl)
            }
            Ok(0) => {
                let (parent, columns) = (self.parent.name.quoted(), plan.reference.parent.column_list());
                let index = format!("CREATE UNIQUE INDEX ON {parent} ({columns})");
                (
                    format!(
                        "{none}, although its rows are unique: {index} adds one, but blocks writers until it is done"
                    ),
                    None,
                )
            }
            Ok(1) => (format!("{none}, and 1 key occurs more than once"), None),
            Ok(count) => (format!("{none}, and {count} keys occur more than once"), None),
            Err(error) => (format!("{none} ({})", wording::error(&error)), None),
        })
    }

    /// Returns what to know before running the statements.
    fn remarks(&self, existing: &Existing, reference: &Reference, needs_key: bool) -> Vec<String> {
        let mut remarks = Vec::new();
        let pairs = self.child_columns.iter().zip(&self.parent_columns);
        for (child, parent) in pairs.filter(|(child, parent)| child.type_oid != parent.type_oid) {
            remarks.push(format!(
                "types differ: \"{}\" is {}, \"{}\" is {}",
                child.name, child.type_name, parent.name, parent.type_name
            ));
        }
        if !existing.has_index {
            remarks.push(format!(
                "no index of {} starts with these columns: every DELETE or key change in the parent would read the whole table",
                self.child.name.quoted()
            ));
        }
        remarks.extend(sizes(&self.child, &self.parent));
        remarks.push(
            "ADD CONSTRAINT waits for the writers of both tables and blocks new ones meanwhile (SHARE ROW EXCLUSIVE); \
             VALIDATE does not block writers (SHARE UPDATE EXCLUSIVE, on the parent ROW SHARE)"
                .to_owned(),
        );
        let whose =
            |table: &NamedTable| format!("the owner of {}, {}", table.name.quoted(), quote_identifier(&table.owner));
        if needs_key && !self.parent.is_owned {
            remarks.push(format!("the unique constraint has to be added by {}", whose(&self.parent)));
        }
        if !self.child.is_owned {
            remarks.push(format!("the statements have to be run by {}", whose(&self.child)));
        }
        if !existing.may_refer {
            remarks.push(format!(
                "{} lacks a privilege: GRANT REFERENCES ({}) ON {} TO {}",
                whose(&self.child),
                reference.parent.column_list(),
                self.parent.name.quoted(),
                quote_identifier(&self.child.owner)
            ));
        }
        remarks
    }
}

fn numbers(columns: &[NamedColumn]) -> Vec<i16> {
    columns.iter().map(|column| column.number).collect()
}

/// Reads the rows.
fn judge_rows(reference: &Reference) -> Answer {
    let unknown =
        |reason| Answer { status: Status::Unknown, orphans: None, details: vec![reason], choices: None, ddl: None };
    if let Some(refusal) = orphans::obstacle(reference) {
        return unknown(refusal.reason);
    }
    match orphans::orphans(reference) {
        Ok(orphans) if orphans.count == 0 => {
            Answer { status: Status::Ok, orphans: Some(orphans), details: Vec::new(), choices: None, ddl: None }
        }
        Ok(orphans) => {
            let details = vec![reference.describe(orphans.count)];
            let choices = Some(reference.choices(&orphans));
            Answer { status: Status::Violated, orphans: Some(orphans), details, choices, ddl: None }
        }
        Err(error) => unknown(wording::error(&error)),
    }
}

impl EquivalentKey {
    fn describe(&self) -> String {
        let name = quote_identifier(&self.name);
        let state = match self {
            _ if !self.is_enforced => ", NOT ENFORCED",
            _ if !self.is_validated => ", NOT VALID",
            _ => "",
        };
        format!("such a foreign key already exists: {name}{state}")
    }
}

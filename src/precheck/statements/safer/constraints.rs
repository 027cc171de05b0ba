//! Constraints that are added without reading the rows under a strong lock.

use super::spelled::Spelled;
use super::steps::Steps;
use super::subject::{NewNames, Subject};
use crate::error::Error;
use crate::pg::names::quote_identifier;
use crate::pg::parser::tree::{Constraint as Definition, ConstraintKind};
use crate::precheck::model::relation::Relation;
use crate::precheck::run::Run;
use std::ops::Range;

/// The text of a column or constraint within the statement.
pub struct Text<'a> {
    pub spelled: &'a Spelled,
    pub own: Range<usize>,
}

/// FOREIGN KEY, CHECK and NOT NULL: NOT VALID, then VALIDATE. Returns whether the rows are checked;
/// `None` if nothing safer is known.
pub fn not_valid(
    steps: &mut Steps,
    subject: &Subject,
    head: &str,
    definition: &Definition<'_>,
    text: &str,
    names: &mut NewNames,
) -> Option<bool> {
    let kind = match definition.kind {
        ConstraintKind::ForeignKey => b'f',
        ConstraintKind::Check => b'c',
        _ => b'n',
    };
    // The server refuses it for partitioned tables before version 18.
    if kind == b'f' && subject.before.is_partitioned() && !cfg!(since_18) {
        return None;
    }
    let name = match kind {
        b'n' => names.not_null(definition.key.columns.first()?)?,
        _ => names.take(kind)?,
    };
    let quoted = quote_identifier(&name);
    // The grammar leaves the field unset for NOT NULL, which is always enforced.
    if definition.is_not_valid || kind != b'n' && !definition.is_enforced {
        steps.strong(format!("{head} ADD CONSTRAINT {quoted} {text};"));
        return Some(false);
    }
    steps.strong(format!("{head} ADD CONSTRAINT {quoted} {text} NOT VALID;"));
    steps.weak(subject.validate(&name));
    Some(true)
}

/// PRIMARY KEY and UNIQUE: an index that is built concurrently, and then belongs to the constraint.
pub fn key(
    run: &mut Run,
    steps: &mut Steps,
    subject: &Subject,
    definition: &Definition<'_>,
    columns: &[String],
    text: &Text<'_>,
    names: &mut NewNames,
) -> Result<Option<bool>, Error> {
    let is_primary = definition.kind == ConstraintKind::PrimaryKey;
    if subject.before.kind != b'r' || definition.key.without_overlaps || definition.key.index.is_some() {
        return Ok(None);
    }
    let Some(name) = names.take(if is_primary { b'p' } else { b'u' }) else { return Ok(None) };
    if is_primary {
        let nullable: Vec<&String> = columns.iter().filter(|column| !subject.before.has_no_null(column)).collect();
        // NOT NULL would have to be set in the inheriting tables as well.
        if !nullable.is_empty() && subject.has_children() {
            return Ok(None);
        }
        for column in nullable {
            not_null(run, steps, subject, column, names.not_null(column))?;
        }
    }
    let (table, index) = (subject.table(), quote_identifier(&name));
    let listed =
        |columns: &[String]| columns.iter().map(|column| quote_identifier(column)).collect::<Vec<_>>().join(", ");
    let including = match definition.key.including.as_slice() {
        [] => String::new(),
        columns => format!(" INCLUDE ({})", listed(columns)),
    };
    let nulls = if definition.key.nulls_not_distinct { " NULLS NOT DISTINCT" } else { "" };
    let storage = storage(text);
    let kind = if is_primary { "PRIMARY KEY" } else { "UNIQUE" };
    let deferrable = match (definition.is_deferrable, definition.is_initially_deferred) {
        (_, true) => " DEFERRABLE INITIALLY DEFERRED",
        (true, false) => " DEFERRABLE",
        (false, false) => "",
    };
    let columns = listed(columns);
    steps.weak(format!("CREATE UNIQUE INDEX CONCURRENTLY {index} ON {table} ({columns}){including}{nulls}{storage};"));
    steps.strong(format!("ALTER TABLE {table} ADD CONSTRAINT {index} {kind} USING INDEX {index}{deferrable};"));
    Ok(Some(true))
}

/// Returns WITH and TABLESPACE of the constraint's index.
fn storage(text: &Text<'_>) -> String {
    let Text { spelled, own } = text;
    let options = own.clone().find_map(|at| {
        let end = spelled.closing(at + 1).filter(|_| spelled.is(at, "with") && spelled.is_outside(at))?;
        Some(format!(" {}", spelled.join(at..end)))
    });
    let space = spelled.find(own.clone(), "tablespace");
    let space = space.and_then(|at| Some(format!(" {}", spelled.join(at..spelled.name_end(at + 1)?))));
    [options, space].into_iter().flatten().collect()
}

/// SET NOT NULL. `name` is that of the new constraint, which NOT NULL has since version 18.
pub fn not_null(
    run: &mut Run,
    steps: &mut Steps,
    subject: &Subject,
    column: &str,
    name: Option<String>,
) -> Result<(), Error> {
    let (table, quoted) = (subject.table(), quote_identifier(column));
    let invalid = subject.before.constraints.iter().find(|constraint| {
        constraint.kind == b'n' && !constraint.is_valid && constraint.columns.iter().any(|known| known == column)
    });
    if let Some(invalid) = invalid {
        steps.weak(subject.validate(&invalid.name));
        return Ok(());
    }
    let name = match name {
        Some(name) => name,
        None => subject.free_name(run, Some(column), "not_null")?,
    };
    let constraint = quote_identifier(&name);
    if cfg!(since_18) {
        steps.strong(format!("ALTER TABLE {table} ADD CONSTRAINT {constraint} NOT NULL {quoted} NOT VALID;"));
        steps.weak(subject.validate(&name));
        return Ok(());
    }
    steps.strong(format!("ALTER TABLE {table} ADD CONSTRAINT {constraint} CHECK ({quoted} IS NOT NULL) NOT VALID;"));
    steps.weak(subject.validate(&name));
    steps.strong(format!("ALTER TABLE {table} ALTER COLUMN {quoted} SET NOT NULL;"));
    steps.strong(subject.drop_constraint(&name));
    Ok(())
}

/// Whether a valid CHECK constraint says that the column is not null, so that SET NOT NULL need not
/// read the table (NotNullImpliedByRelConstraints in commands/tablecmds.c).
pub fn is_proven_not_null(relation: &Relation, column: &str) -> bool {
    let quoted = quote_identifier(column);
    let table = quote_identifier(&relation.name);
    let tests = [format!("{quoted} IS NOT NULL"), format!("{table}.{quoted} IS NOT NULL")];
    relation.constraints.iter().any(|constraint| {
        let condition = constraint.condition.as_deref().unwrap_or_default().trim();
        let condition = condition.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')).unwrap_or(condition);
        constraint.kind == b'c' && constraint.is_valid && tests.iter().any(|test| test == condition)
    })
}

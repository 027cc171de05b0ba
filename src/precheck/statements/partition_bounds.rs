//! The bounds of partitions.

use crate::error::Error;
use crate::pg::encoded_text::encode_c;
use crate::pg::names::quote_identifier;
use crate::pg::parser::raw;
use crate::pg::parser::tree::{self, AlterAction, Bound, BoundValue, Raw, Statement, bound};
use crate::precheck::analysis::refuse_code;
use crate::precheck::finding::Note;
use crate::precheck::model::relation::{Id, Relation};
use crate::precheck::rows::ask;
use crate::precheck::run::Run;
use crate::report::quoting::literal;
use pgrx::PgSqlErrorCode as Code;

/// Whether the bound is of the kind of the parent's key; adds an error otherwise, and for a
/// constant that is not of the key's type (transformPartitionBound in parser/parse_utilcmd.c).
pub fn bound_fits(run: &mut Run, parent: Id, raw: Option<Raw<'_>>) -> bool {
    let Some(new) = raw.and_then(bound) else { return true };
    let relation = run.model.get(parent);
    let (object, columns) = (relation.quoted(), relation.partition_columns.clone());
    let types: Vec<Option<String>> = columns
        .iter()
        .map(|name| relation.column(name).filter(|column| column.type_oid().is_some()).map(|column| column.type_text()))
        .collect();
    let (fits, word) = match (&new, relation.partition_strategy) {
        (Bound::Default, b'h') => (false, "hash"),
        (Bound::Default, _) | (_, 0) => (true, ""),
        (Bound::List(_), b'l') | (Bound::Range(..), b'r') | (Bound::Hash { .. }, b'h') => (true, ""),
        (_, b'l') => (false, "list"),
        (_, b'r') => (false, "range"),
        _ => (false, "hash"),
    };
    if !fits {
        let detail = match new {
            Bound::Default => "a hash-partitioned table may not have a default partition".to_owned(),
            _ => format!("invalid bound specification for a {word} partition"),
        };
        let state = Code::ERRCODE_INVALID_TABLE_DEFINITION;
        run.add_name_error(Note::error("partition_shape", state, detail).on(object));
        return false;
    }
    let before = run.findings.len();
    match &new {
        Bound::List(values) => {
            for value in values.iter().flatten() {
                constant_fits(run, types.first(), columns.first(), value);
            }
        }
        Bound::Range(from, to) => {
            for (index, value) in from.iter().enumerate().chain(to.iter().enumerate()) {
                if let BoundValue::Value(value) = value {
                    constant_fits(run, types.get(index), columns.get(index), value);
                }
            }
        }
        Bound::Hash { modulus, remainder } => modulus_fits(run, parent, *modulus, *remainder),
        Bound::Default => {}
    }
    run.findings.len() == before
}

fn constant_fits(run: &mut Run, type_text: Option<&Option<String>>, column: Option<&String>, value: &str) {
    if let (Some(Some(type_text)), Some(column)) = (type_text, column) {
        crate::precheck::types::constant(run, value, type_text, column);
    }
}

/// Adds an error for a modulus that does not go with those of the other partitions
/// (check_new_partition_bound in partitioning/partbounds.c).
fn modulus_fits(run: &mut Run, parent: Id, modulus: i32, remainder: i32) {
    let object = run.model.get(parent).quoted();
    let mut refused = None;
    for known in bounds(run, parent) {
        let Bound::Hash { modulus: other, remainder: of_other } = known else { continue };
        let (small, large) = (modulus.min(other), modulus.max(other));
        if small <= 0 {
            continue;
        }
        if large % small != 0 {
            refused = Some("every hash partition modulus must be a factor of the next larger modulus");
        } else if remainder % small == of_other % small {
            refused = refused.or(Some("the new partition would overlap another one"));
        }
    }
    if let Some(detail) = refused {
        let state = Code::ERRCODE_INVALID_OBJECT_DEFINITION;
        run.add_name_error(Note::error("partition_overlap", state, detail).on(object));
    }
}

/// Returns the bounds of the partitions, as far as they are known.
fn bounds(run: &mut Run, parent: Id) -> Vec<Bound> {
    let mut children = run.model.get(parent).new_children.clone();
    for child in run.model.get(parent).children.clone() {
        children.extend(run.model.by_oid(child).ok().flatten());
    }
    let known = children.into_iter().map(|child| run.model.get(child));
    known
        .filter_map(|child| child.new_bound.clone().or_else(|| bound_text(child.partition_bound.as_deref()?)))
        .collect()
}

/// Adds an error if the bound overlaps that of another partition, as far as it can be compared.
pub fn overlaps(run: &mut Run, parent: Id, raw: Option<Raw<'_>>) -> Result<(), Error> {
    let Some(new) = raw.and_then(bound) else { return Ok(()) };
    let relation = run.model.get(parent);
    let object = relation.quoted();
    let [column] = relation.partition_columns.as_slice() else { return Ok(()) };
    let Some(type_text) = relation.column(column).map(|column| column.type_text()) else { return Ok(()) };
    let value = |text: &String| format!("{}::{type_text}", literal(text));
    let less = |low: &[BoundValue], high: &[BoundValue]| match (low, high) {
        ([BoundValue::Value(low)], [BoundValue::Value(high)]) => format!("{} < {}", value(low), value(high)),
        ([BoundValue::Largest], _) | (_, [BoundValue::Least]) => "false".to_owned(),
        _ => "true".to_owned(),
    };
    if let Bound::Range(from, to) = &new
        && holds(run, &format!("NOT ({})", less(from, to)))
    {
        let detail = "the partition would have an empty range: FROM is not less than TO";
        run.add_name_error(Note::error("partition_shape", Code::ERRCODE_INVALID_OBJECT_DEFINITION, detail).on(object));
        return Ok(());
    }
    let mut tests = Vec::new();
    for known in bounds(run, parent) {
        match (&new, &known) {
            (Bound::Default, Bound::Default) => tests.push("true".to_owned()),
            (Bound::List(new), Bound::List(known)) => {
                if new.contains(&None) && known.contains(&None) {
                    tests.push("true".to_owned());
                }
                for (a, b) in new.iter().flatten().flat_map(|a| known.iter().flatten().map(move |b| (a, b))) {
                    tests.push(format!("{} = {}", value(a), value(b)));
                }
            }
            (Bound::Range(from, to), Bound::Range(known_from, known_to)) => {
                tests.push(format!("({} AND {})", less(from, known_to), less(known_from, to)));
            }
            _ => {}
        }
    }
    if tests.is_empty() {
        return Ok(());
    }
    if holds(run, &tests.join(" OR ")) {
        let detail = "the new partition would overlap another one";
        run.add_name_error(
            Note::error("partition_overlap", Code::ERRCODE_INVALID_OBJECT_DEFINITION, detail).on(object),
        );
    }
    Ok(())
}

/// Whether a condition over constants holds.
fn holds(run: &mut Run, condition: &str) -> bool {
    let query = format!("SELECT 1 WHERE {condition}");
    refuse_code(&query).is_none() && ask(run, &query, &[]).is_ok_and(|table| !table.is_empty())
}

/// Reads a bound as the catalogs have it.
fn bound_text(text: &str) -> Option<Bound> {
    let query = encode_c(&format!("ALTER TABLE a ATTACH PARTITION b {text}"))?;
    let parsed = raw::parse(&query).ok()?;
    let tree = tree::first(&parsed)?;
    let Statement::AlterTable { commands, .. } = &tree.statement else { return None };
    match commands.first().map(|command| &command.action) {
        Some(AlterAction::AttachPartition { bound: Some(found), .. }) => bound(*found),
        _ => None,
    }
}

/// Returns the bound as a condition on the partition's columns; `None` for one that is not made of
/// constants, or of another kind than RANGE and LIST of one column.
pub fn condition(parent: &Relation, raw: Raw<'_>) -> Option<String> {
    let [column] = parent.partition_columns.as_slice() else { return None };
    let (name, type_text) = (quote_identifier(column), parent.column(column)?.type_text());
    let value = |text: &String| format!("{}::{type_text}", literal(text));
    match bound(raw)? {
        Bound::List(values) => {
            let listed: Vec<String> = values.iter().flatten().map(value).collect();
            let mut parts = Vec::new();
            if !listed.is_empty() {
                parts.push(format!("{name} IN ({})", listed.join(", ")));
            }
            if values.contains(&None) {
                parts.push(format!("{name} IS NULL"));
            }
            Some(format!("({})", parts.join(" OR ")))
        }
        Bound::Range(from, to) => {
            let mut parts = vec![format!("{name} IS NOT NULL")];
            if let [BoundValue::Value(from)] = from.as_slice() {
                parts.push(format!("{name} >= {}", value(from)));
            }
            if let [BoundValue::Value(to)] = to.as_slice() {
                parts.push(format!("{name} < {}", value(to)));
            }
            (from.len() == 1 && to.len() == 1).then(|| parts.join(" AND "))
        }
        Bound::Default | Bound::Hash { .. } => None,
    }
}

//! The bounds of partitions.

use super::targets::plain_type;
use crate::error::Error;
use crate::pg::encoded_text::encode_c;
use crate::pg::names::quote_identifier;
use crate::pg::parser::analysis::is_assignable;
use crate::pg::parser::raw;
use crate::pg::parser::tree::{self, AlterAction, Bound, BoundValue, Constant, Raw, Statement, bound};
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
    let Some(new) = raw.and_then(bound) else {
        if raw.is_some() {
            let detail = "the bound is not one of constants, and not checked";
            run.add(Note::unknown("partition_shape", detail).on(run.model.get(parent).quoted()));
        }
        return true;
    };
    let relation = run.model.get(parent);
    let (object, columns) = (relation.quoted(), relation.partition_columns.clone());
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
                constant_fits(run, parent, columns.first(), value);
            }
        }
        Bound::Range(from, to) => {
            if let Some((state, detail)) = misshapen(from, columns.len()).or_else(|| misshapen(to, columns.len())) {
                run.add_name_error(Note::error("partition_shape", state, detail).on(object));
                return false;
            }
            for (index, value) in from.iter().enumerate().chain(to.iter().enumerate()) {
                if let BoundValue::Value(value) = value {
                    constant_fits(run, parent, columns.get(index), value);
                }
            }
        }
        Bound::Hash { modulus, remainder } => modulus_fits(run, parent, *modulus, *remainder),
        Bound::Default => {}
    }
    run.findings.len() == before
}

/// Returns what is wrong with one end of a range. Pure.
fn misshapen(values: &[BoundValue], columns: usize) -> Option<(Code, &'static str)> {
    let is_open = |value: &BoundValue| matches!(value, BoundValue::Least | BoundValue::Largest);
    let after = values.iter().skip_while(|value| !is_open(value));
    if values.len() != columns {
        Some((
            Code::ERRCODE_INVALID_TABLE_DEFINITION,
            "the bound must specify exactly one value per partitioning column",
        ))
    } else if values.contains(&BoundValue::Null) {
        Some((Code::ERRCODE_INVALID_OBJECT_DEFINITION, "cannot specify NULL in range bound"))
    } else if after.clone().any(|value| Some(value) != after.clone().next()) {
        let detail = "every bound following MINVALUE or MAXVALUE must be the same";
        Some((Code::ERRCODE_DATATYPE_MISMATCH, detail))
    } else {
        None
    }
}

/// Adds an error for a constant that the column does not take.
fn constant_fits(run: &mut Run, parent: Id, column: Option<&String>, constant: &Constant) {
    let Some(column) = column.and_then(|name| run.model.get(parent).column(name)).cloned() else { return };
    let Some(oid) = column.type_oid() else {
        super::enum_labels::require(run, &column.type_, &constant.text, &column.name);
        return;
    };
    if constant.is_string {
        crate::precheck::types::constant(run, &constant.text, &column.type_text(), &column.name);
    } else if !is_assignable(plain_type(&constant.text), oid) {
        let detail = format!(
            "specified value cannot be cast to type {} for column {}",
            column.type_text(),
            quote_identifier(&column.name)
        );
        let note = Note::error("type_cast", Code::ERRCODE_DATATYPE_MISMATCH, detail);
        run.add_name_error(note.on(column.name));
    }
}

/// Returns the constant as a value of the column's type. Pure.
fn spelled(constant: &Constant, type_text: &str) -> String {
    match constant.is_string {
        true => format!("{}::{type_text}", literal(&constant.text)),
        false => format!("({})::{type_text}", constant.text),
    }
}

/// Adds an error for a modulus that does not go with those of the other partitions
/// (check_new_partition_bound in partitioning/partbounds.c).
fn modulus_fits(run: &mut Run, parent: Id, modulus: i32, remainder: i32) {
    let object = run.model.get(parent).quoted();
    if modulus <= 0 || remainder < 0 || remainder >= modulus {
        let detail = "the modulus must be greater than zero, and the remainder less than the modulus";
        let state = Code::ERRCODE_INVALID_TABLE_DEFINITION;
        run.add_name_error(Note::error("partition_shape", state, detail).on(object));
        return;
    }
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
    let types: Option<Vec<String>> =
        relation.partition_columns.iter().map(|name| Some(relation.column(name)?.type_text())).collect();
    let Some(types) = types.filter(|types| !types.is_empty()) else { return Ok(()) };
    let first = types.first().cloned().unwrap_or_default();
    let value = |constant: &Constant| spelled(constant, &first);
    let less = |low: &[BoundValue], high: &[BoundValue]| is_less(low, high, &types);
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

/// Returns the condition that one end of a range is less than another one; `true` if that cannot be
/// told. Pure.
fn is_less(low: &[BoundValue], high: &[BoundValue], types: &[String]) -> String {
    match (low, high) {
        ([BoundValue::Largest, ..], _) | (_, [BoundValue::Least, ..]) => return "false".to_owned(),
        ([BoundValue::Least, ..], _) | (_, [BoundValue::Largest, ..]) => return "true".to_owned(),
        _ => {}
    }
    let row = |values: &[BoundValue]| {
        let parts = values.iter().zip(types).map(|(value, type_text)| match value {
            BoundValue::Value(constant) => Some(spelled(constant, type_text)),
            _ => None,
        });
        parts.collect::<Option<Vec<_>>>().map(|parts| format!("ROW({})", parts.join(", ")))
    };
    match (row(low), row(high)) {
        (Some(low), Some(high)) => format!("{low} < {high}"),
        _ => "true".to_owned(),
    }
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
    condition_of(parent, &bound(raw)?)
}

/// Does the same for a bound that has been read.
pub fn condition_of(parent: &Relation, bound: &Bound) -> Option<String> {
    let [column] = parent.partition_columns.as_slice() else { return None };
    let (name, type_text) = (quote_identifier(column), parent.column(column)?.type_text());
    let value = |constant: &Constant| spelled(constant, &type_text);
    match bound {
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

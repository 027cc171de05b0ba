//! Partitions: CREATE … PARTITION OF, ATTACH, DETACH.

use super::{partition_keys, roles};
use crate::error::Error;
use crate::pg::encoded_text::encode_c;
use crate::pg::names::quote_identifier;
use crate::pg::parser::raw;
use crate::pg::parser::tree::{self, AlterAction, Bound, BoundValue, Raw, RelationName, Statement, bound};
use crate::precheck::analysis::refuse_code;
use crate::precheck::effects::Mode;
use crate::precheck::finding::Note;
use crate::precheck::model::relation::{Id, Relation};
use crate::precheck::reach;
use crate::precheck::relations::existing;
use crate::precheck::row_checks::{self, Asked};
use crate::precheck::rows::ask;
use crate::precheck::run::Run;
use crate::report::quoting::literal;
use pgrx::PgSqlErrorCode as Code;

/// CREATE TABLE … PARTITION OF.
pub fn create_partition(run: &mut Run, id: Id, parent: &RelationName, raw: Option<Raw<'_>>) -> Result<(), Error> {
    let Some(parent) = existing(run, parent)? else { return Ok(()) };
    run.model.get_mut(id).is_partition = true;
    if !is_partitioned(run, parent) || !roles::require_owner(run, parent) {
        return Ok(());
    }
    run.effects.is_surprising |= run.model.get(parent).oid.is_some();
    run.effects.remark("ATTACH PARTITION of a table that was created before needs ShareUpdateExclusiveLock only");
    partition_keys::attach(run, parent)?;
    overlaps(run, parent, raw)?;
    run.model.get_mut(id).new_bound = raw.and_then(bound);
    default_rows(run, parent, raw)
}

/// Adds an error if the bound overlaps that of another partition, as far as it can be compared.
fn overlaps(run: &mut Run, parent: Id, raw: Option<Raw<'_>>) -> Result<(), Error> {
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
    let mut children = run.model.get(parent).new_children.clone();
    for child in run.model.get(parent).children.clone() {
        children.extend(run.model.by_oid(child)?);
    }
    for child in children {
        let child = run.model.get(child);
        let bound = child.new_bound.clone().or_else(|| bound_text(child.partition_bound.as_deref()?));
        let Some(known) = bound else { continue };
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

/// Adds an error for a parent that is not partitioned.
fn is_partitioned(run: &mut Run, parent: Id) -> bool {
    let relation = run.model.get(parent);
    if relation.is_partitioned() {
        return true;
    }
    let object = relation.quoted();
    let detail = format!("{object} is not partitioned");
    run.add_name_error(Note::error("wrong_kind", Code::ERRCODE_WRONG_OBJECT_TYPE, detail).on(object));
    false
}

/// Counts the rows of the default partition that belong into a new partition.
fn default_rows(run: &mut Run, parent: Id, raw: Option<Raw<'_>>) -> Result<(), Error> {
    let Some(default) = run.model.get(parent).default_partition else { return Ok(()) };
    let Some(default) = run.model.by_oid(default)? else { return Ok(()) };
    run.effects.lock(default, Mode::AccessExclusive);
    run.effects.scans.insert(default);
    let Some(condition) = raw.and_then(|raw| condition(run.model.get(parent), raw)) else {
        let object = run.model.get(default).quoted();
        run.add(
            Note::unknown("default_partition_rows", "the bound is not one that can be asked for: rehearse the script")
                .on(object),
        );
        return Ok(());
    };
    let columns = run.model.get(parent).partition_columns.clone();
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    if !row_checks::has_rows_to_ask(run, default, "default_partition_rows", &columns) {
        return Ok(());
    }
    let relation = run.model.get(default);
    let Some(from) = relation.as_subquery(false) else { return Ok(()) };
    let query = format!("SELECT {} FROM {from} WHERE {condition}", crate::precheck::rows::shown(relation, &columns));
    let (state, what) = (Code::ERRCODE_CHECK_VIOLATION, "belong into the new partition");
    row_checks::judge(
        run,
        Asked { check: "default_partition_rows", id: default, columns: &columns, query, state, noun: "row", what },
    );
    Ok(())
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
        Bound::Default | Bound::Hash => None,
    }
}

/// ATTACH PARTITION.
pub fn attach(run: &mut Run, id: Id, name: &RelationName, raw: Option<Raw<'_>>) -> Result<(), Error> {
    if !is_partitioned(run, id) {
        return Ok(());
    }
    let Some(child) = existing(run, name)? else { return Ok(()) };
    run.effects.lock(child, Mode::AccessExclusive);
    if !roles::require_owner(run, child) {
        return Ok(());
    }
    if !fits(run, id, child) {
        return Ok(());
    }
    partition_keys::attach(run, id)?;
    overlaps(run, id, raw)?;
    if !run.model.get(child).is_known_empty() {
        run.effects.scans.insert(child);
        outside(run, id, child, raw);
    }
    if !matches!(raw.and_then(bound), Some(Bound::Default)) {
        default_rows(run, id, raw)?;
    }
    run.model.get_mut(child).new_bound = raw.and_then(bound);
    run.model.get_mut(child).is_partition = true;
    run.model.get_mut(id).new_children.push(child);
    Ok(())
}

/// Adds an error if the table does not have the parent's columns.
fn fits(run: &mut Run, parent: Id, child: Id) -> bool {
    let (of_parent, of_child) = (run.model.get(parent), run.model.get(child));
    let is_opaque = of_parent.is_opaque || of_child.is_opaque;
    let object = of_child.quoted();
    let inherits = !of_child.is_partition && !of_child.parents.is_empty();
    let refused = if inherits || of_child.kind == b'r' && !of_child.children.is_empty() {
        let detail = format!("cannot attach {object} as partition: it takes part in inheritance");
        Some((Code::ERRCODE_WRONG_OBJECT_TYPE, detail))
    } else if of_child.is_partition {
        Some((Code::ERRCODE_WRONG_OBJECT_TYPE, format!("{object} is already a partition")))
    } else if is_opaque {
        None
    } else {
        let missing = of_parent.columns.iter().find_map(|column| {
            let quoted = quote_identifier(&column.name);
            let Some(found) = of_child.column(&column.name) else {
                return Some((Code::ERRCODE_DATATYPE_MISMATCH, format!("{object} is missing column {quoted}")));
            };
            if found.type_ != column.type_ {
                let detail =
                    format!("column {quoted} of {object} has type {}, not {}", found.type_text(), column.type_text());
                return Some((Code::ERRCODE_DATATYPE_MISMATCH, detail));
            }
            if column.is_not_null && !found.is_not_null {
                let detail = format!("column {quoted} in {object} must be marked NOT NULL");
                return Some((Code::ERRCODE_DATATYPE_MISMATCH, detail));
            }
            None
        });
        let extra = of_child.columns.iter().find(|column| of_parent.column(&column.name).is_none());
        missing.or_else(|| {
            let detail = format!("{object} contains column {} not found in parent", quote_identifier(&extra?.name));
            Some((Code::ERRCODE_DATATYPE_MISMATCH, detail))
        })
    };
    let Some((state, detail)) = refused else { return true };
    run.add_name_error(Note::error("partition_shape", state, detail).on(object));
    false
}

/// Counts the rows outside the partition's bound.
fn outside(run: &mut Run, parent: Id, child: Id, raw: Option<Raw<'_>>) {
    let object = run.model.get(child).quoted();
    let condition = match raw.and_then(bound) {
        Some(Bound::Default) => None,
        _ => raw.and_then(|raw| condition(run.model.get(parent), raw)),
    };
    let Some(condition) = condition else {
        run.add(
            Note::unknown("partition_rows", "the bound is not one that can be asked for: rehearse the script")
                .on(object),
        );
        return;
    };
    let columns = run.model.get(parent).partition_columns.clone();
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    if !row_checks::has_rows_to_ask(run, child, "partition_rows", &columns) {
        return;
    }
    let relation = run.model.get(child);
    let Some(from) = relation.as_subquery(false) else { return };
    let query = format!(
        "SELECT {} FROM {from} WHERE ({condition}) IS NOT TRUE",
        crate::precheck::rows::shown(relation, &columns)
    );
    let (state, what) = (Code::ERRCODE_CHECK_VIOLATION, "are outside the partition's bound");
    row_checks::judge(
        run,
        Asked { check: "partition_rows", id: child, columns: &columns, query, state, noun: "row", what },
    );
}

/// DETACH PARTITION.
pub fn detach(run: &mut Run, id: Id, name: &RelationName, is_concurrent: bool) -> Result<(), Error> {
    let Some(child) = existing(run, name)? else { return Ok(()) };
    let is_child = run.model.get(child).oid.is_some_and(|oid| run.model.get(id).children.contains(&oid))
        || run.model.get(id).new_children.contains(&child);
    if !is_child {
        let (parent, object) = (run.model.get(id).quoted(), run.model.get(child).quoted());
        let detail = format!("{object} is not a partition of {parent}");
        run.add_name_error(Note::error("unknown_table", Code::ERRCODE_UNDEFINED_TABLE, detail).on(object));
        return Ok(());
    }
    if is_concurrent {
        run.effects.remark("the partition is locked AccessExclusive only when no query uses it any more");
    }
    run.effects.lock(child, Mode::AccessExclusive);
    reach::family(run, child, Mode::AccessExclusive)?;
    if let Some(default) = run.model.get(id).default_partition
        && let Some(default) = run.model.by_oid(default)?
    {
        run.effects.lock(default, Mode::AccessExclusive);
    }
    partition_keys::detach(run, id, child)?;
    let number = run.number();
    run.model.leave_parents(child, number);
    Ok(())
}

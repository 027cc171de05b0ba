//! Partitions: CREATE … PARTITION OF, ATTACH, DETACH.

use super::partition_bounds::{bound_fits, condition, overlaps};
use super::{partition_keys, roles};
use crate::error::Error;
use crate::pg::names::quote_identifier;
use crate::pg::parser::tree::{Bound, Raw, RelationName, bound};
use crate::precheck::effects::Mode;
use crate::precheck::finding::Note;
use crate::precheck::model::relation::Id;
use crate::precheck::reach;
use crate::precheck::relations::existing;
use crate::precheck::row_checks::{self, Asked};
use crate::precheck::run::Run;
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
    refuse_persistence(run, parent, id);
    if !bound_fits(run, parent, raw) {
        return Ok(());
    }
    partition_keys::attach(run, parent)?;
    overlaps(run, parent, raw)?;
    run.model.get_mut(id).new_bound = raw.and_then(bound);
    default_rows(run, parent, raw)
}

/// Adds an error if one of the two is temporary, and the other one is not.
fn refuse_persistence(run: &mut Run, parent: Id, child: Id) {
    let (of_parent, of_child) = (run.model.get(parent), run.model.get(child));
    let detail = match (of_parent.persistence == b't', of_child.persistence == b't') {
        (true, false) => "cannot create a permanent relation as partition of a temporary relation",
        (false, true) => "cannot create a temporary relation as partition of a permanent relation",
        _ => return,
    };
    let object = of_child.quoted();
    run.add_name_error(Note::error("partition_shape", Code::ERRCODE_WRONG_OBJECT_TYPE, detail).on(object));
}

/// Whether the table has the parent's CHECK constraints; adds an error otherwise, and `unknown` for
/// one whose condition cannot be compared (MergeConstraintsIntoExisting in commands/tablecmds.c).
fn has_checks(run: &mut Run, parent: Id, child: Id) -> bool {
    let (of_parent, of_child) = (run.model.get(parent), run.model.get(child));
    if of_child.is_opaque {
        return true;
    }
    let object = of_child.quoted();
    let mut unequal = None;
    for check in of_parent.constraints.iter().filter(|check| check.kind == b'c') {
        let name = quote_identifier(&check.name);
        match of_child.constraint(&check.name).filter(|found| found.kind == b'c') {
            None => {
                let detail = format!("child table is missing constraint {name}");
                let state = Code::ERRCODE_DATATYPE_MISMATCH;
                run.add_name_error(Note::error("partition_shape", state, detail).on(object));
                return false;
            }
            Some(found) if found.condition.is_none() || found.condition != check.condition => unequal = Some(name),
            Some(_) => {}
        }
    }
    if let Some(name) = unequal {
        let detail = format!("whether constraint {name} is the same in both tables is not checked");
        run.add(Note::unknown("partition_shape", detail).raising(Code::ERRCODE_DATATYPE_MISMATCH).on(object));
    }
    true
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
    if !bound_fits(run, id, raw) || !has_checks(run, id, child) {
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

/// Whether the table has a default partition.
fn has_default(run: &Run, id: Id) -> bool {
    let relation = run.model.get(id);
    let is_default = |child: &Id| run.model.get(*child).new_bound == Some(Bound::Default);
    relation.default_partition.is_some() || relation.new_children.iter().any(is_default)
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
    if is_concurrent && has_default(run, id) {
        let detail = "cannot detach partitions concurrently when a default partition exists";
        let (state, object) = (Code::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE, run.model.get(id).quoted());
        run.add_name_error(Note::error("partition_shape", state, detail).on(object));
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

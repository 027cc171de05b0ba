//! Foreign keys that a statement adds or validates.

use super::constraint_names::{Target, columns_exist, name};
use crate::error::Error;
use crate::pg::foreign_key_operator::{default_class, equality};
use crate::pg::names::quote_identifier;
use crate::pg::parser::analysis::type_text;
use crate::pg::parser::tree::{Constraint as Definition, Reference};
use crate::precheck::effects::Mode;
use crate::precheck::finding::Note;
use crate::precheck::finding::Place;
use crate::precheck::model::relation::{Constraint, Id, Parent, Relation};
use crate::precheck::reach;
use crate::precheck::relations::existing;
use crate::precheck::row_checks::{self, Asked};
use crate::precheck::rows::{Doubt, shown};
use crate::precheck::run::Run;
use pgrx::PgSqlErrorCode as Code;

pub fn add(run: &mut Run, id: Id, definition: &Definition<'_>, target: Target<'_>) -> Result<(), Error> {
    let Some(reference) = &definition.reference else { return Ok(()) };
    let columns = match (&definition.key.columns, target.column) {
        (columns, Some(column)) if columns.is_empty() => vec![column.to_owned()],
        (columns, _) => columns.clone(),
    };
    let Some(parent) = existing(run, &reference.table)? else { return Ok(()) };
    if definition.is_not_valid && run.model.get(id).is_partitioned() && !cfg!(since_18) && !target.is_new {
        let detail = "cannot add NOT VALID foreign key on a partitioned table before PostgreSQL 18";
        let object = run.model.get(id).quoted();
        run.add_name_error(Note::error("unsupported", Code::ERRCODE_WRONG_OBJECT_TYPE, detail).on(object));
        return Ok(());
    }
    reach::key_parent(run, parent, Mode::ShareRowExclusive)?;
    if !columns_exist(run, id, &columns) || !parent_fits(run, id, parent) {
        return Ok(());
    }
    let Some(name) = name(run, id, definition.name.as_deref(), &columns, "fkey", false)? else { return Ok(()) };
    let Some(parent_columns) = parent_columns(run, parent, reference, columns.len()) else { return Ok(()) };
    let may_reference = may_reference(run, parent, &parent_columns);
    if !has_operators(run, id, &columns, parent, &parent_columns) || !may_reference {
        return Ok(());
    }
    let key = Constraint {
        name: name.clone(),
        kind: b'f',
        columns: columns.clone(),
        is_deferrable: definition.is_deferrable,
        is_deferred: definition.is_initially_deferred,
        is_valid: target.is_new || !definition.is_not_valid && definition.is_enforced,
        is_enforced: definition.is_enforced,
        parent: Some(run.model.get(parent).oid.map_or(Parent::New(parent), Parent::Existing)),
        parent_columns: parent_columns.clone(),
        is_match_full: reference.is_match_full,
        on_delete: reference.on_delete,
        on_update: reference.on_update,
        added: Some(run.number()),
        ..Constraint::default()
    };
    if !target.is_new && !target.is_null && key.is_valid {
        run.effects.scans.insert(id);
        run.effects.scans.insert(parent);
        orphans(run, id, parent, &key, reference.has_period);
    }
    if !target.is_new {
        run.key_columns.push((run.place.clone(), id, columns.clone()));
    }
    run.model.get_mut(id).constraints.push(key);
    run.model.get_mut(parent).new_references.push((id, name));
    Ok(())
}

/// Adds an error if the kinds of the two tables do not allow a foreign key.
fn parent_fits(run: &mut Run, id: Id, parent: Id) -> bool {
    let (child, target) = (run.model.get(id), run.model.get(parent));
    let object = target.quoted();
    if !matches!(target.kind, b'r' | b'p') {
        let detail = format!("referenced relation {object} is not a table");
        run.add_name_error(Note::error("fk_parent", Code::ERRCODE_WRONG_OBJECT_TYPE, detail).on(object));
        return false;
    }
    if child.persistence == b'p' && target.persistence != b'p' {
        let detail = "constraints on permanent tables may reference only permanent tables";
        run.add_name_error(Note::error("fk_parent", Code::ERRCODE_INVALID_TABLE_DEFINITION, detail).on(object));
        return false;
    }
    true
}

/// Returns the referenced columns, which must have a unique key; adds a finding otherwise.
fn parent_columns(run: &mut Run, parent: Id, reference: &Reference, count: usize) -> Option<Vec<String>> {
    let relation = run.model.get(parent);
    let object = relation.quoted();
    let columns = if reference.columns.is_empty() {
        match relation.primary_key() {
            Some(key) => key.columns.clone(),
            None if relation.is_opaque => {
                run.add(Note::unknown("fk_parent_unique", "its keys are not known").on(object));
                return None;
            }
            None => {
                let detail = format!("there is no primary key for referenced table {object}");
                run.add_name_error(Note::error("fk_parent_unique", Code::ERRCODE_UNDEFINED_OBJECT, detail).on(object));
                return None;
            }
        }
    } else {
        reference.columns.clone()
    };
    if !columns_exist(run, parent, &columns) {
        return None;
    }
    if columns.len() != count {
        let detail = "number of referencing and referenced columns for foreign key disagree";
        run.add_name_error(Note::error("fk_columns", Code::ERRCODE_INVALID_FOREIGN_KEY, detail).on(object));
        return None;
    }
    let relation = run.model.get(parent);
    let same = |key: &Vec<String>| key.len() == columns.len() && key.iter().all(|column| columns.contains(column));
    let keys = relation.indexes.iter().filter(|index| index.is_unique && index.columns.as_ref().is_some_and(same));
    let usable = keys.clone().any(|index| index.is_valid && index.is_immediate && !index.has_predicate);
    if usable || reference.has_period {
        return Some(columns);
    }
    if relation.is_opaque {
        run.add(Note::unknown("fk_parent_unique", "its keys are not known").on(object));
        return None;
    }
    let list = columns.join(", ");
    let (state, detail) = if keys.clone().any(|index| !index.is_immediate && index.is_valid) {
        let detail = format!("the unique constraint of {object} ({list}) is deferrable");
        (Code::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE, detail)
    } else if keys.clone().next().is_some() {
        let detail =
            format!("the unique index on {object} ({list}) is partial or invalid, and does not serve as a key");
        (Code::ERRCODE_INVALID_FOREIGN_KEY, detail)
    } else {
        let detail = format!("there is no unique constraint on the referenced columns {object} ({list})");
        (Code::ERRCODE_INVALID_FOREIGN_KEY, detail)
    };
    run.add_name_error(Note::error("fk_parent_unique", state, detail).on(object));
    None
}

/// Adds an error for columns that no operator compares.
pub fn has_operators(run: &mut Run, id: Id, columns: &[String], parent: Id, parent_columns: &[String]) -> bool {
    for (column, parent_column) in columns.iter().zip(parent_columns) {
        let (child, target) = (run.model.get(id), run.model.get(parent));
        let types = (
            child.column(column).and_then(|column| column.type_oid()),
            target.column(parent_column).and_then(|column| column.type_oid()),
        );
        let (Some(from), Some(to)) = types else { continue };
        let operator = default_class(to).and_then(|class| equality(class, to, from));
        if operator.is_none() {
            let detail = format!(
                "key columns {} of type {} and {} of type {} cannot be compared",
                quote_identifier(column),
                type_text(from, -1),
                quote_identifier(parent_column),
                type_text(to, -1)
            );
            let object = child.quoted();
            run.add_name_error(Note::error("fk_types", Code::ERRCODE_DATATYPE_MISMATCH, detail).on(object));
            return false;
        }
    }
    true
}

/// Adds an error if the role lacks REFERENCES on the referenced columns.
fn may_reference(run: &mut Run, parent: Id, columns: &[String]) -> bool {
    let relation = run.model.get(parent);
    let Some(oid) = relation.oid else { return true };
    let numbers: Vec<i16> = columns.iter().filter_map(|name| relation.column(name)?.number).collect();
    if run.model.owns(parent) || crate::pg::access::role_may_reference(run.model.role, oid, &numbers) {
        return true;
    }
    let object = relation.quoted();
    let role = quote_identifier(&run.model.role_name());
    let grant = format!("GRANT REFERENCES ON {object} TO {role};");
    let detail = format!("role {role} has no REFERENCES privilege on {object}");
    let note = Note::error("privilege", Code::ERRCODE_INSUFFICIENT_PRIVILEGE, detail).on(object);
    run.add_name_error(note.safer([grant]));
    false
}

/// Counts the rows without a matching row in the parent.
pub fn orphans(run: &mut Run, id: Id, parent: Id, key: &Constraint, has_period: bool) {
    let columns: Vec<&str> = key.columns.iter().map(String::as_str).collect();
    let parent_columns: Vec<&str> = key.parent_columns.iter().map(String::as_str).collect();
    let object = run.model.get(id).quoted();
    if has_period {
        run.add(Note::unknown("fk_rows", "a foreign key with PERIOD is not checked").on(object));
        return;
    }
    if !row_checks::has_rows_to_ask(run, id, "fk_rows", &columns) {
        return;
    }
    // The server's query is the owner's (RI_Initial_Check in utils/adt/ri_triggers.c).
    let forced = |table: Id| {
        let oid = run.model.get(table).oid;
        oid.is_some_and(|oid| crate::pg::access::row_security_binds(oid, run.model.role))
    };
    if [id, parent].into_iter().any(forced) {
        let detail = "FORCE ROW LEVEL SECURITY hides rows from the check, which then finds fewer or more violations";
        run.add(Note::unknown("fk_rows", detail).raising(Code::ERRCODE_FOREIGN_KEY_VIOLATION).on(object));
        return;
    }
    let target = run.model.get(parent);
    if target.oid.is_none() && target.changes.inserted.is_none() && run.model.rows_unknown.is_none() {
        all_are_orphans(run, id, key, &columns);
        return;
    }
    let is_asked = target.oid.is_some()
        && parent_columns.iter().all(|name| target.column(name).is_some_and(|column| column.is_known()));
    let query = is_asked.then(|| query(run.model.get(id), run.model.get(parent), key)).flatten();
    let Some(query) = query else {
        run.add(Note::unknown("fk_rows", "the referenced rows come from the script: rehearse it").on(object));
        return;
    };
    let child = Doubt::about(run, id, &columns);
    // A referenced row that goes makes an orphan, and one that comes repairs one.
    let of_parent = Doubt::about(run, parent, &parent_columns);
    let doubt = child.or(Doubt { fewer: of_parent.more, more: of_parent.fewer });
    let (state, what) = (Code::ERRCODE_FOREIGN_KEY_VIOLATION, "have no matching row in the referenced table");
    let asked = Asked { check: "fk_rows", id, columns: &columns, query, state, noun: "row", what };
    row_checks::judge_tables(run, &asked, &[(id, &columns), (parent, &parent_columns)], doubt);
}

/// The referenced table is new and empty: each row with a key is an orphan.
fn all_are_orphans(run: &mut Run, id: Id, key: &Constraint, columns: &[&str]) {
    let Some(from) = run.model.get(id).as_subquery_named("c", true) else { return };
    let shown = shown(run.model.get(id), columns);
    let query = format!("SELECT {shown} FROM {from} WHERE {}", has_key(key));
    let (state, what) = (Code::ERRCODE_FOREIGN_KEY_VIOLATION, "have no matching row in the referenced table");
    row_checks::judge(run, Asked { check: "fk_rows", id, columns, query, state, noun: "row", what });
}

fn has_key(key: &Constraint) -> String {
    let word = if key.is_match_full { " OR " } else { " AND " };
    let tests = key.columns.iter().map(|column| format!("c.{} IS NOT NULL", quote_identifier(column)));
    format!("({})", tests.collect::<Vec<_>>().join(word))
}

fn query(child: &Relation, parent: &Relation, key: &Constraint) -> Option<String> {
    let (from, target) = (child.as_subquery_named("c", true)?, parent.as_subquery_named("p", true)?);
    let pairs = key.columns.iter().zip(&key.parent_columns);
    let same = pairs.map(|(column, parent)| format!("p.{} = c.{}", quote_identifier(parent), quote_identifier(column)));
    let same = same.collect::<Vec<_>>().join(" AND ");
    let listed = key.columns.iter().map(|column| format!("c.{}", quote_identifier(column))).collect::<Vec<_>>();
    Some(format!(
        "SELECT {} FROM {from} WHERE {} AND NOT EXISTS (SELECT FROM {target} WHERE {same})",
        listed.join(", "),
        has_key(key)
    ))
}

/// VALIDATE CONSTRAINT, and ENFORCED.
pub fn validate(run: &mut Run, id: Id, key: &Constraint) -> Result<(), Error> {
    let Some(parent) = key.parent else { return Ok(()) };
    let Some(parent) = reach::parent(run, parent)? else { return Ok(()) };
    run.effects.lock(parent, Mode::RowShare);
    run.effects.scans.insert(id);
    run.effects.scans.insert(parent);
    orphans(run, id, parent, key, false);
    Ok(())
}

/// Warns of new foreign keys for which the script leaves no index that leads on their columns, so
/// that each change of a referenced row reads the table.
pub fn conclude(run: &mut Run) {
    for (place, id, columns) in std::mem::take(&mut run.key_columns) {
        warn_without_index(run, place, id, &columns);
    }
}

fn warn_without_index(run: &mut Run, place: Place, id: Id, columns: &[String]) {
    let relation = run.model.get(id);
    let leads = |key: &Vec<String>| {
        key.len() >= columns.len() && key.iter().take(columns.len()).all(|column| columns.contains(column))
    };
    let has_index = relation
        .indexes
        .iter()
        .any(|index| index.is_valid && !index.has_predicate && index.columns.as_ref().is_some_and(leads));
    if has_index || relation.oid.is_none() || relation.dropped.is_some() {
        return;
    }
    let list = columns.iter().map(|column| quote_identifier(column)).collect::<Vec<_>>().join(", ");
    let object = relation.quoted();
    let detail =
        format!("no index of {object} begins with ({list}): a DELETE of a referenced row reads the whole table");
    let safer = [format!("CREATE INDEX CONCURRENTLY ON {object} ({list});")];
    run.add_at(place, Note::warning("fk_index", detail).on(object).safer(safer));
}

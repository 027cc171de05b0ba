//! SELECT, INSERT, UPDATE, DELETE, MERGE and COPY.

use super::roles;
use super::row_changes::note_rows;
use super::targets::{refuse_type, target_columns};
use super::writes;
use crate::error::Error;
use crate::pg::names::quote_identifier;
use crate::pg::parser::analysis::{self, Analyzed, Fallible, Input, is_assignable, missing_privilege};
use crate::pg::parser::tree::{self, Dml, DmlKind, RelationName};
use crate::pg::{access, extension, role};
use crate::precheck::analysis::{code_of_others, fail, new_function};
use crate::precheck::effects::Mode;
use crate::precheck::finding::{Note, Severity};
use crate::precheck::model::Cause;
use crate::precheck::model::relation::{Id, Type};
use crate::precheck::reach;
use crate::precheck::relations::{Relations, relations};
use crate::precheck::run::Run;
use pgrx::PgSqlErrorCode as Code;

pub fn dml(run: &mut Run, statement: &Dml<'_>) -> Result<(), Error> {
    let names = tree::names(statement.query);
    let found = relations(run, &names)?;
    let target = statement.target.as_ref().and_then(|name| found.found.iter().find(|(known, _)| known == name));
    let target = target.map(|(_, id)| *id);
    note_locks(run, statement, &found.found, target);
    if found.is_incomplete {
        note_rows(run, statement, target)?;
        return Ok(());
    }
    if statement.needs_transaction && !run.in_transaction {
        let detail = "DECLARE CURSOR can only be used in transaction blocks";
        run.add(Note::error("transaction", Code::ERRCODE_NO_ACTIVE_SQL_TRANSACTION, detail));
    }
    if statement.kind != DmlKind::Other {
        if names.queries.is_empty() {
            refuse_unpopulated(run, &found.found);
        }
        may_read_through(run, &found.found);
    }
    let is_new_target = target.is_some_and(|id| run.model.get(id).is_changed || run.model.get(id).created.is_some());
    if let Some(id) = target
        && !target_fits(run, id, statement)
    {
        return Ok(());
    }
    let analyzed = match new_function(run, std::slice::from_ref(&names)) {
        Some(note) => {
            run.add(note);
            None
        }
        None if is_new_target => {
            if statement.has_returning {
                run.unchecked("RETURNING");
            }
            analyze_instead(run, statement, target, &found)
        }
        None => found.analyze(run, Input::Statement(statement.query)),
    };
    if let Some(analyzed) = &analyzed {
        for accessed in &analyzed.accesses {
            if let (Some(id), Some(mode)) = (run.model.by_oid(accessed.relation)?, Mode::numbered(accessed.lock)) {
                run.effects.lock(id, mode);
            }
        }
        reach::query(run, analyzed)?;
    }
    // The planner finds this before the executor checks the privileges.
    if let Some(id) = target.filter(|_| !run.has(Severity::Error)) {
        writes::infers(run, id, statement);
    }
    if let Some(analyzed) = &analyzed {
        privileges(run, analyzed)?;
        sequences(run, analyzed, found.found.is_empty())?;
        functions(run, analyzed);
    }
    if analyzed.is_none() && statement.kind != DmlKind::Other {
        for (name, id) in found.found.iter().filter(|(name, _)| !name.only) {
            let mode = run.effects.locks.get(id).copied().unwrap_or(Mode::AccessShare);
            let is_inserted = statement.kind == DmlKind::Insert && statement.target.as_ref() == Some(name);
            if !is_inserted || run.model.get(*id).is_partitioned() {
                reach::inheriting(run, *id, mode)?;
            }
        }
    }
    writes::check(run, statement, target, analyzed.as_ref())?;
    let is_read = |id: &Id| statement.kind != DmlKind::Insert || Some(*id) != target;
    let read: Vec<Id> = found.found.iter().map(|(_, id)| *id).filter(is_read).collect();
    let may_fail = analyzed.as_ref().and_then(|analyzed| analyzed.may_fail);
    if let Some(reason) = may_fail.filter(|_| statement.kind != DmlKind::Update) {
        warn_of_values(run, &read, reason);
    }
    for call in &names.calls {
        super::sequence_options::call(run, call, statement.has_condition || statement.reads_others)?;
    }
    let calls_nextval = calls(&names, "nextval");
    run.drew_values |= statement.kind == DmlKind::Insert || calls_nextval;
    run.drawn.is_unknown |= calls_nextval;
    note_rows(run, statement, target)
}

fn calls(names: &tree::Names, function: &str) -> bool {
    names.functions.iter().any(|called| called.last().is_some_and(|called| called == function))
}

/// Says that an expression may fail for a row of these relations.
pub fn warn_of_values(run: &mut Run, read: &[Id], fallible: Fallible) {
    let has_rows = |id: &Id| !run.model.get(*id).is_known_empty() || run.model.rows_unknown.is_some();
    let Some(id) = read.iter().find(|id| has_rows(id)).copied() else { return };
    if run.has(crate::precheck::finding::Severity::Unknown) {
        return;
    }
    let object = run.model.get(id).quoted();
    let detail = format!("{}: rehearse the script", fallible.reason());
    run.add(Note::unknown("cast_rows", detail).on(object));
}

/// Analyzes a statement that writes to a relation which the script has changed: a SELECT of what it
/// writes, and then whether the columns take it.
fn analyze_instead(run: &mut Run, statement: &Dml<'_>, target: Option<Id>, found: &Relations) -> Option<Analyzed> {
    let id = target?;
    let columns = target_columns(run, id, statement)?;
    if statement.kind == DmlKind::Insert && (!statement.rows.is_empty() || statement.is_default_values) {
        return None;
    }
    let outcome = found.look_up(run, Input::Instead(statement.query));
    let mut analyzed = match outcome {
        Ok(analyzed) => analyzed,
        Err(failure) => {
            // UPDATE looks the condition up before the values.
            let input = Input::InsteadCondition(statement.query);
            let first = (statement.kind == DmlKind::Update).then(|| found.look_up(run, input).err());
            fail(run, &first.flatten().unwrap_or(failure), None);
            return None;
        }
    };
    if statement.kind == DmlKind::Insert && analyzed.columns.len() > columns.len() {
        let detail = "INSERT has more expressions than target columns";
        run.add_name_error(Note::error("syntax", Code::ERRCODE_SYNTAX_ERROR, detail).on(run.model.get(id).quoted()));
        return None;
    }
    if statement.kind == DmlKind::Update {
        constants(run, id, statement);
    }
    let assigned = columns.iter().zip(&analyzed.columns).enumerate();
    let (mut mismatches, mut may_not_fit) = (Vec::new(), false);
    for (index, (name, result)) in assigned {
        let is_constant = analyzed.is_constant.get(index).copied().unwrap_or(false);
        let Some(to) = run.model.get(id).column(name).and_then(|column| column.type_oid()) else { continue };
        may_not_fit |= !is_constant && may_not_take(run, id, name, result);
        let is_literal = statement.kind == DmlKind::Insert && analyzed.is_constant.is_empty();
        if !is_constant && !is_literal && !is_assignable(result.type_oid, to) {
            mismatches.push((name.clone(), to, result));
        }
    }
    analyzed.may_fail = analyzed.may_fail.or(may_not_fit.then_some(Fallible::Conversion));
    for (name, to, result) in mismatches {
        refuse_type(run, id, &name, to, result);
    }
    Some(analyzed)
}

/// Whether the column may refuse values of the result's type.
fn may_not_take(run: &Run, id: Id, name: &str, result: &analysis::ResultColumn) -> bool {
    use pgrx::pg_sys::BuiltinOid::{INT2OID, INT4OID, INT8OID, NUMERICOID};
    let Some(Type::Known { oid, modifier }) = run.model.get(id).column(name).map(|column| column.type_.clone()) else {
        return true;
    };
    if crate::pg::catalog_types::domain_has_constraints(oid) {
        return true;
    }
    let from = result.type_oid;
    if from == oid {
        return modifier >= 0 && modifier != result.modifier;
    }
    let grows = [(INT2OID, INT4OID), (INT2OID, INT8OID), (INT4OID, INT8OID)];
    let grows = grows.iter().any(|(small, large)| small.value() == from && large.value() == oid);
    let is_exact = [INT2OID, INT4OID, INT8OID].iter().any(|type_| type_.value() == from) && oid == NUMERICOID.value();
    modifier >= 0 || !(grows || is_exact || crate::pg::catalog_types::is_character(oid))
}

/// Has the server read the constants of UPDATE as the columns' types.
fn constants(run: &mut Run, id: Id, statement: &Dml<'_>) {
    for (name, raw) in statement.columns.iter().zip(&statement.values) {
        let Some(tree::Value::Constant { text, is_string: true }) = raw.map(tree::value) else { continue };
        let column = run.model.get(id).column(name);
        let Some(type_text) = column.filter(|column| column.type_oid().is_some()).map(|column| column.type_text())
        else {
            continue;
        };
        crate::precheck::types::constant(run, &text, &type_text, name);
    }
}

/// Adds an error for a materialized view that has no data, which the executor finds when it opens
/// the view.
pub fn refuse_unpopulated(run: &mut Run, found: &[(RelationName, Id)]) {
    let is_empty = |id: &Id| run.model.get(*id).kind == b'm' && run.model.get(*id).is_unpopulated;
    let Some(id) = found.iter().map(|(_, id)| *id).find(is_empty) else { return };
    let object = run.model.get(id).quoted();
    let detail = format!("materialized view {object} has not been populated: REFRESH MATERIALIZED VIEW it first");
    let state = Code::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE;
    let refresh = format!("REFRESH MATERIALIZED VIEW {object};");
    run.add_name_error(Note::error("unpopulated", state, detail).on(object).safer([refresh]));
}

/// Adds an error for a table that a view of the script's own reads, and its owner may not.
fn may_read_through(run: &mut Run, found: &[(RelationName, Id)]) {
    for (_, id) in found {
        let view = run.model.get(*id);
        if view.kind != b'v' || view.created.is_none() || view.owner != Some(run.model.role) {
            continue;
        }
        let read: std::collections::BTreeSet<Id> = view.reads.iter().map(|(read, _)| *read).collect();
        read.into_iter().for_each(|read| roles::may_select(run, read));
    }
}

/// Adds an error for a target that cannot be written to.
fn target_fits(run: &mut Run, id: Id, statement: &Dml<'_>) -> bool {
    let relation = run.model.get(id);
    let object = relation.quoted();
    let refused = match relation.kind {
        b'S' => Some(format!("cannot change sequence {object}")),
        b'm' => Some(format!("cannot change materialized view {object}")),
        _ => None,
    };
    if let Some(detail) = refused {
        run.add_name_error(Note::error("wrong_kind", Code::ERRCODE_WRONG_OBJECT_TYPE, detail).on(object));
        return false;
    }
    let changes_rows = matches!(statement.kind, DmlKind::Update | DmlKind::Delete);
    let has_identity = match relation.replica_identity {
        b'd' => relation.primary_key().is_some(),
        b'n' => false,
        _ => true,
    };
    if changes_rows
        && relation.is_published
        && !has_identity
        && relation.persistence == b'p'
        && relation.created.is_none()
    {
        let detail = format!(
            "cannot update or delete from {object} because it does not have a replica identity and is published"
        );
        let safer = [format!("ALTER TABLE {object} REPLICA IDENTITY FULL;")];
        let state = Code::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE;
        let note = match run.model.unpublished {
            None => Note::error("publication", state, detail).on(object),
            Some(statement) => {
                let detail = format!("{detail}, unless statement {statement} has changed that");
                run.add(Note::unknown("publication", detail).raising(state).on(object));
                return true;
            }
        };
        run.add_name_error(note.safer(safer));
        return false;
    }
    true
}

fn note_locks(run: &mut Run, statement: &Dml<'_>, found: &[(RelationName, Id)], target: Option<Id>) {
    if statement.kind == DmlKind::Other {
        return;
    }
    for (_, id) in found {
        run.effects.lock(*id, if Some(*id) == target { Mode::RowExclusive } else { Mode::AccessShare });
    }
    run.effects.works = true;
    let Some(oid) = target.filter(|_| statement.kind != DmlKind::Insert).and_then(|id| run.model.get(id).oid) else {
        return;
    };
    let writer = run.holders().ok().and_then(|holders| holders.writer(oid).cloned());
    if let (Some(writer), Some(id)) = (writer, target) {
        let detail = format!("{}: it may hold locks on rows that this statement waits for", writer.describe());
        let object = run.model.get(id).quoted();
        run.add(Note::unknown("lock_held", detail).on(object));
    }
}

/// Adds an error for each relation that the role may not access.
pub fn privileges(run: &mut Run, analyzed: &Analyzed) -> Result<(), Error> {
    let current = run.model.role;
    for accessed in &analyzed.accesses {
        if access::is_superuser(current) {
            break;
        }
        let privilege = missing_privilege(accessed, current);
        let Some(id) = run.model.by_oid(accessed.relation)? else { continue };
        let Some(privilege) = privilege else {
            super::roles::note_revoked(run, id);
            continue;
        };
        let object = run.model.get(id).quoted();
        let name = quote_identifier(&role::name(current).unwrap_or_default());
        let detail = format!("role {name} has no {privilege} privilege on {object}");
        let grant = format!("GRANT {privilege} ON {object} TO {name};");
        let note = Note::error("privilege", Code::ERRCODE_INSUFFICIENT_PRIVILEGE, detail).on(object);
        run.add_name_error(note.safer([grant]));
    }
    Ok(())
}

/// Adds a finding for each sequence that the role may not advance. Whether nextval is called for
/// rows of a table is not known.
fn sequences(run: &mut Run, analyzed: &Analyzed, is_certain: bool) -> Result<(), Error> {
    for (sequence, usage_suffices) in &analyzed.sequences {
        roles::require_advance(run, *sequence, *usage_suffices, is_certain)?;
    }
    Ok(())
}

/// Notes that a function of users may do anything, and that code of others may fail.
pub fn functions(run: &mut Run, analyzed: &Analyzed) {
    let number = run.number();
    let foreign = analyzed.functions.iter().find(|function| !extension::has_function(**function));
    let Some(function) = foreign.filter(|_| analyzed.is_volatile) else {
        if let Some(reason) = code_of_others(analyzed) {
            run.add(Note::unknown("owner_code", format!("the values are not computed: {reason}")));
        }
        return;
    };
    let name = access::function_name(*function);
    run.model.distrust_names(Cause::Statement(number));
    run.model.distrust_rows(Cause::Statement(number));
    let detail = format!("calls {name}, whose code is not run: it may fail, and change rows and tables");
    run.add(Note::unknown("function_call", detail).on(name));
}

//! Sequences that belong to tables.

use super::roles;
use crate::error::Error;
use crate::pg::names::quote_identifier;
use crate::pg::parser::tree::{RelationName, SequenceOptions};
use crate::precheck::finding::Note;
use crate::precheck::model::Found;
use crate::precheck::model::relation::{Default_, Id, Relation};
use crate::precheck::relations::existing;
use crate::precheck::run::Run;

/// Notes that the sequences of a dropped table are gone.
pub fn forget_owned(run: &mut Run, id: Id) -> Result<(), Error> {
    let number = run.number();
    let schema = run.model.get(id).schema.clone();
    let new: Vec<String> = run
        .model
        .get(id)
        .columns
        .iter()
        .filter_map(|column| match &column.default {
            Default_::Serial(sequence) => Some(sequence.clone()),
            _ => None,
        })
        .collect();
    for sequence in new {
        run.model.free_name(&schema, &sequence, number);
    }
    let owned: Vec<Id> = run
        .model
        .loaded()
        .filter(|(_, relation)| relation.new_owner == Some(Some(id)) && relation.dropped.is_none())
        .map(|(sequence, _)| sequence)
        .collect();
    for sequence in owned {
        run.model.drop_relation(sequence, number);
    }
    let columns: Vec<String> = run.model.get(id).columns.iter().map(|column| column.name.clone()).collect();
    for column in
        columns.iter().filter(|column| super::identity::is_numbered(run, id, column)).cloned().collect::<Vec<_>>()
    {
        if let Some(sequence) = super::identity::sequence_of(run, id, &column)? {
            let known = run.model.known(sequence.oid);
            if known.is_some_and(|known| run.model.get(known).new_owner.is_some()) {
                continue;
            }
            run.model.free_name(&sequence.name.schema, &sequence.name.name, number);
        }
    }
    Ok(())
}

/// Whether the relation is the sequence of an identity column, which cannot be dropped without it;
/// adds a finding then.
pub fn is_of_identity(run: &mut Run, id: Id) -> Result<bool, Error> {
    let (oid, table) = match run.model.get(id) {
        Relation { kind: b'S', oid: Some(oid), table: Some(table), .. } => (*oid, *table),
        _ => return Ok(false),
    };
    let Some(table) = run.model.by_oid(table)? else { return Ok(false) };
    let columns: Vec<String> = run
        .model
        .get(table)
        .columns
        .iter()
        .filter(|column| column.identity != 0)
        .map(|column| column.name.clone())
        .collect();
    for column in columns {
        let sequence = super::identity::sequence_of(run, table, &column)?;
        if sequence.is_some_and(|sequence| sequence.oid == oid) {
            let object = run.model.get(id).quoted();
            let detail =
                format!("column {} of {} requires it", quote_identifier(&column), run.model.get(table).quoted());
            let state = pgrx::PgSqlErrorCode::ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST;
            run.add_name_error(Note::error("dependents", state, detail).on(object));
            return Ok(true);
        }
    }
    Ok(false)
}

/// DROP IDENTITY drops the sequence of the column.
pub fn forget_identity(run: &mut Run, id: Id, column: &str) -> Result<(), Error> {
    let number = run.number();
    if let Some(sequence) = super::identity::sequence_of(run, id, column)?
        && let Some(sequence) = run.model.by_oid(sequence.oid)?
    {
        run.model.drop_relation(sequence, number);
    }
    if let Some(column) = run.model.get_mut(id).column_mut(column) {
        column.identity = 0;
    }
    Ok(())
}

/// Adds an error if the table cannot own the sequence (process_owned_by in commands/sequence.c).
fn may_own(run: &mut Run, sequence: Id, table: Id) {
    let (of, object) = (run.model.get(table), run.model.get(sequence).quoted());
    let known = run.model.get(sequence);
    let state = pgrx::PgSqlErrorCode::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE;
    let refused = if !matches!(of.kind, b'r' | b'p' | b'f' | b'v') {
        Some((pgrx::PgSqlErrorCode::ERRCODE_WRONG_OBJECT_TYPE, "the sequence cannot be owned by this relation"))
    } else if known.owner.is_some() && of.owner.is_some() && known.owner != of.owner {
        Some((state, "sequence must have same owner as table it is linked to"))
    } else if known.schema != of.schema {
        Some((state, "sequence must be in same schema as table it is linked to"))
    } else {
        None
    };
    if let Some((state, detail)) = refused {
        run.add_name_error(Note::error("owner", state, detail).on(object));
    }
}

/// ALTER SEQUENCE.
pub fn alter(run: &mut Run, name: &RelationName, options: &SequenceOptions, missing_ok: bool) -> Result<(), Error> {
    run.effects.is_definition = true;
    if missing_ok && run.model.find(name)? == Found::Missing {
        run.add(Note::info("if_exists", "the sequence does not exist, so that the statement does nothing"));
        return Ok(());
    }
    let Some(id) = existing(run, name)? else { return Ok(()) };
    if run.model.get(id).kind != b'S' {
        let detail = format!("{} is {}", run.model.get(id).quoted(), super::names::kind_text(run.model.get(id).kind));
        let object = run.model.get(id).quoted();
        let state = pgrx::PgSqlErrorCode::ERRCODE_WRONG_OBJECT_TYPE;
        run.add_name_error(Note::error("wrong_kind", state, detail).on(object));
        return Ok(());
    }
    if !roles::require_owner(run, id) {
        return Ok(());
    }
    run.effects.lock(id, crate::precheck::effects::Mode::ShareRowExclusive);
    super::sequence_options::alter(run, id, options)?;
    own(run, id, options)
}

/// OWNED BY of CREATE SEQUENCE.
pub fn own_new(run: &mut Run, name: &RelationName, options: &SequenceOptions) -> Result<(), Error> {
    match run.model.find(name)? {
        Found::Relation(id) if run.model.get(id).created == Some(run.number()) => own(run, id, options),
        _ => Ok(()),
    }
}

/// OWNED BY, of CREATE and ALTER SEQUENCE.
fn own(run: &mut Run, id: Id, options: &SequenceOptions) -> Result<(), Error> {
    let owned_by = options.owned_by.as_deref();
    if owned_by.is_some() {
        run.model.get_mut(id).new_owner = Some(None);
    }
    if let Some([.., _, _]) = owned_by
        && let Some((column, table)) = owned_by.and_then(|names| names.split_last())
    {
        let table = RelationName {
            schema: table.len().checked_sub(2).and_then(|index| table.get(index).cloned()),
            name: table.last().cloned().unwrap_or_default(),
            ..RelationName::default()
        };
        if let Some(table) = existing(run, &table)? {
            run.effects.lock(table, crate::precheck::effects::Mode::AccessShare);
            super::not_null::exists(run, table, column);
            may_own(run, id, table);
            run.model.get_mut(id).new_owner = Some(Some(table));
        }
    }
    Ok(())
}

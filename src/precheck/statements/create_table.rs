//! CREATE TABLE, CREATE TABLE AS, CREATE SEQUENCE.

use super::columns::{check_generated, define, serial};
use super::constraint_names::Target;
use super::names::{choose, creation_schema, refuse_taken, taken};
use super::{constraints, roles};
use crate::error::Error;
use crate::pg::names::quote_identifier;
use crate::pg::parser::tree::{Constraint, ConstraintKind, CreateTable, Raw, RelationName};
use crate::precheck::effects::Mode;
use crate::precheck::finding::Note;
use crate::precheck::model::relation::{Column, Default_, Id, Relation, Type};
use crate::precheck::relations::{existing, relations};
use crate::precheck::run::Run;
use pgrx::PgSqlErrorCode as Code;

pub fn create_table(run: &mut Run, create: &CreateTable<'_>) -> Result<(), Error> {
    run.effects.is_definition = true;
    let Some(schema) = creation_schema(run, &create.relation) else { return Ok(()) };
    if let Some(id) = taken(run, &schema, &create.relation.name)? {
        if create.if_not_exists {
            compare_shape(run, id, create);
        } else {
            refuse_taken(run, &schema, &create.relation.name)?;
        }
        return Ok(());
    }
    super::super::order::now_exists(run, &create.relation.name);
    let id = add_empty(run, &schema, &create.relation, if create.is_foreign { b'f' } else { b'r' });
    if create.copies_indexes {
        run.model.indexes_copied = Some(run.number());
    }
    inherit(run, id, create)?;
    for definition in &create.columns {
        add_column(run, id, definition)?;
    }
    if let Some(columns) = &create.partition_key {
        let relation = run.model.get_mut(id);
        relation.kind = b'p';
        relation.partition_columns = columns.iter().map(|column| column.clone().unwrap_or_default()).collect();
    }
    for definition in &create.columns {
        check_generated(run, id, definition);
    }
    // The server adds foreign keys last, so that they may refer to keys of the table itself.
    for is_last in [false, true] {
        let is_now = |constraint: &&Constraint<'_>| (constraint.kind == ConstraintKind::ForeignKey) == is_last;
        for definition in &create.columns {
            for constraint in definition.constraints.iter().filter(is_now) {
                constraints::add(run, id, constraint, Target::new_table(Some(&definition.name)))?;
            }
        }
        for constraint in create.constraints.iter().filter(is_now) {
            constraints::add(run, id, constraint, Target::new_table(None))?;
        }
    }
    if create.partition_bound.is_some()
        && let Some(parent) = create.parents.first()
    {
        super::partitions::create_partition(run, id, parent, create.partition_bound)?;
    }
    super::roles::default_privileges(run, &schema, &create.relation.name)?;
    Ok(())
}

fn add_empty(run: &mut Run, schema: &str, name: &RelationName, kind: u8) -> Id {
    let persistence = match schema {
        "pg_temp" => b't',
        _ if name.is_unlogged => b'u',
        _ => b'p',
    };
    let relation = Relation {
        schema: schema.to_owned(),
        name: name.name.clone(),
        kind,
        persistence,
        created: Some(run.number()),
        owner: Some(run.model.role),
        replica_identity: b'd',
        ..Relation::default()
    };
    run.model.add(relation)
}

/// Adds the columns of parents and of tables that LIKE names.
fn inherit(run: &mut Run, id: Id, create: &CreateTable<'_>) -> Result<(), Error> {
    for name in create.parents.iter().chain(&create.likes) {
        let Some(parent) = existing(run, name)? else {
            run.model.get_mut(id).is_opaque = true;
            continue;
        };
        let is_like = create.likes.contains(name);
        let mode = match (is_like, create.partition_bound.is_some()) {
            (true, _) => Mode::AccessShare,
            (false, true) => Mode::AccessExclusive,
            (false, false) => Mode::ShareUpdateExclusive,
        };
        run.effects.lock(parent, mode);
        if is_like {
            roles::may_select(run, parent);
        } else if create.partition_bound.is_none() {
            roles::require_owner(run, parent);
        }
        let number = run.number();
        let columns = run.model.get(parent).columns.clone();
        let is_opaque = run.model.get(parent).is_opaque;
        let inherited = columns.into_iter().map(|column| Column {
            number: None,
            value: None,
            added: Some(number),
            is_inherited: !is_like,
            default: if is_like { Default_::None } else { column.default.clone() },
            identity: 0,
            ..column
        });
        let relation = run.model.get_mut(id);
        relation.is_opaque |= is_opaque || is_like;
        for column in inherited {
            if relation.column(&column.name).is_none() {
                relation.columns.push(column);
            }
        }
        if !is_like {
            relation.new_parents.push(parent);
            run.model.get_mut(parent).new_children.push(id);
        }
    }
    run.model.get_mut(id).is_opaque |= create.of_type;
    Ok(())
}

fn add_column(run: &mut Run, id: Id, definition: &crate::pg::parser::tree::Column<'_>) -> Result<(), Error> {
    let known = run.model.get(id).column(&definition.name).map(|column| column.is_inherited);
    if known == Some(false) {
        let detail = format!("column {} is specified more than once", quote_identifier(&definition.name));
        run.add(Note::error("name_taken", Code::ERRCODE_DUPLICATE_COLUMN, detail).on(definition.name.clone()));
        return Ok(());
    }
    let mut defined = define(run, definition)?;
    if serial(definition).is_some() || defined.column.identity != 0 {
        let sequence = add_sequence(run, id, &definition.name)?;
        if serial(definition).is_some() {
            defined.column.default = Default_::Serial(sequence);
        }
    }
    let is_new = matches!(defined.column.type_, Type::New(_));
    let relation = run.model.get_mut(id);
    relation.is_opaque |= is_new && definition.type_name.is_none();
    if known.is_some() {
        relation.columns.retain(|column| column.name != definition.name);
    }
    relation.columns.push(defined.column);
    Ok(())
}

/// Adds the sequence of a serial or identity column; returns its name.
pub fn add_sequence(run: &mut Run, table: Id, column: &str) -> Result<String, Error> {
    let (schema, name) = (run.model.get(table).schema.clone(), run.model.get(table).name.clone());
    super::names::may_create(run, &schema);
    let sequence = choose(run, &schema, &name, Some(column), "seq")?;
    let relation = RelationName { name: sequence.clone(), ..RelationName::default() };
    add_empty(run, &schema, &relation, b'S');
    Ok(sequence)
}

/// Warns if the existing relation is not what CREATE TABLE IF NOT EXISTS asks for.
fn compare_shape(run: &mut Run, id: Id, create: &CreateTable<'_>) {
    let relation = run.model.get(id);
    let mut differences = Vec::new();
    if !relation.is_table() {
        differences.push(format!("it is {}", super::names::kind_text(relation.kind)));
    } else {
        let missing = create.columns.iter().filter(|column| relation.column(&column.name).is_none());
        differences.extend(missing.map(|column| format!("it has no column {}", quote_identifier(&column.name))));
    }
    let object = relation.quoted();
    let detail = match differences.is_empty() {
        true => "the relation exists, so that the statement does nothing".to_owned(),
        false => format!("the relation exists and is left as it is, although {}", differences.join(" and ")),
    };
    let note = if differences.is_empty() {
        Note::info("if_not_exists", detail)
    } else {
        Note::warning("if_not_exists", detail)
    };
    run.add(note.on(object));
}

pub fn create_sequence(run: &mut Run, name: &RelationName, if_not_exists: bool) -> Result<(), Error> {
    run.effects.is_definition = true;
    let Some(schema) = creation_schema(run, name) else { return Ok(()) };
    if let Some(id) = taken(run, &schema, &name.name)? {
        if !if_not_exists {
            refuse_taken(run, &schema, &name.name)?;
        } else if run.model.get(id).kind != b'S' {
            let detail =
                format!("{} has the name, and is left as it is", super::names::kind_text(run.model.get(id).kind));
            run.add(Note::warning("if_not_exists", detail).on(run.model.get(id).quoted()));
        }
        return Ok(());
    }
    add_empty(run, &schema, name, b'S');
    Ok(())
}

/// CREATE TABLE AS, SELECT INTO, CREATE MATERIALIZED VIEW.
pub fn create_as(
    run: &mut Run,
    name: &RelationName,
    columns: &[String],
    query: Raw<'_>,
    is_view: bool,
    if_not_exists: bool,
    with_data: bool,
) -> Result<(), Error> {
    run.effects.is_definition = true;
    let Some(schema) = creation_schema(run, name) else { return Ok(()) };
    let shape = super::views::shape(run, query, columns, with_data)?;
    if let Some(id) = taken(run, &schema, &name.name)? {
        if if_not_exists {
            let object = run.model.get(id).quoted();
            run.add(Note::info("if_not_exists", "the relation exists, so that the statement does nothing").on(object));
        } else {
            refuse_taken(run, &schema, &name.name)?;
        }
        return Ok(());
    }
    super::super::order::now_exists(run, &name.name);
    let id = add_empty(run, &schema, name, if is_view { b'm' } else { b'r' });
    let number = run.number();
    let reads = super::views::reads(run, query)?;
    let relation = run.model.get_mut(id);
    match shape {
        Some(shape) => relation.columns = shape,
        None => relation.is_opaque = true,
    }
    relation.changes.inserted = with_data.then_some(number);
    if let Some(reason) = run.effects.may_fail.filter(|_| with_data) {
        let read: Vec<Id> = reads.iter().map(|(read, _)| *read).collect();
        super::dml::warn_of_values(run, &read, reason);
    }
    if is_view {
        run.model.get_mut(id).reads = reads;
    }
    run.effects.works = true;
    Ok(())
}

/// Notes the relations that a query reads, with their locks.
pub fn lock_read(run: &mut Run, raw: Raw<'_>) -> Result<(), Error> {
    let names = crate::pg::parser::tree::names(raw);
    for (_, id) in relations(run, &names)?.found {
        run.effects.lock(id, Mode::AccessShare);
    }
    Ok(())
}

//! PRIMARY KEY, UNIQUE and unique indexes.

use super::constraint_names::{Target, columns_exist, name};
use crate::error::Error;
use crate::pg::foreign_key_operator::default_class;
use crate::pg::names::quote_identifier;
use crate::pg::parser::tree::{Constraint as Definition, ConstraintKind};
use crate::precheck::effects::Mode;
use crate::precheck::finding::Note;
use crate::precheck::model::relation::{Constraint, Id, Index};
use crate::precheck::row_checks::{self, Asked};
use crate::precheck::run::Run;
use pgrx::PgSqlErrorCode as Code;

pub fn add(run: &mut Run, id: Id, definition: &Definition<'_>, target: Target<'_>) -> Result<(), Error> {
    let is_primary = definition.kind == ConstraintKind::PrimaryKey;
    let listed = &definition.key.columns;
    if let Some(twice) = listed.iter().enumerate().find(|(index, name)| listed[..*index].contains(name)) {
        let detail = format!("column {} appears twice in the constraint", quote_identifier(twice.1));
        run.add(Note::error("name_taken", Code::ERRCODE_DUPLICATE_COLUMN, detail).on(twice.1.clone()));
        return Ok(());
    }
    if let Some(index) = &definition.key.index {
        return using_index(run, id, definition, index);
    }
    let columns = match (&definition.key.columns, target.column) {
        (columns, Some(column)) if columns.is_empty() => vec![column.to_owned()],
        (columns, _) => columns.clone(),
    };
    if !target.is_new {
        may_create_index(run, id);
    }
    if !columns_exist(run, id, &columns) || !columns_exist(run, id, &definition.key.including) {
        return Ok(());
    }
    if is_primary && run.model.get(id).primary_key().is_some() {
        refuse_second(run, id);
        return Ok(());
    }
    if !covers_partition_key(run, id, &columns) {
        return Ok(());
    }
    // The server names an index after its included columns as well (ChooseIndexColumnNames).
    let named = if is_primary { Vec::new() } else { [&columns[..], &definition.key.including[..]].concat() };
    let label = if is_primary { "pkey" } else { "key" };
    let Some(name) = name(run, id, definition.name.as_deref(), &named, label, true)? else { return Ok(()) };
    if !definition.key.without_overlaps {
        has_classes(run, id, &columns);
    }
    if !target.is_new {
        run.effects.scans.insert(id);
        if is_primary {
            not_null_below(run, id, &columns)?;
            for column in &columns {
                super::not_null::null_rows(run, id, column, false);
            }
        }
        if definition.key.without_overlaps {
            run.add(Note::unknown("unique_rows", "WITHOUT OVERLAPS is not checked").on(run.model.get(id).quoted()));
        } else {
            duplicates(run, id, &columns, definition.key.nulls_not_distinct);
            super::index_size::check(run, id, &columns);
        }
    }
    if is_primary {
        for column in &columns {
            if let Some(column) = run.model.get_mut(id).column_mut(column) {
                column.is_not_null = true;
            }
        }
    }
    remember(run, id, definition, name, columns);
    Ok(())
}

/// The index of a constraint is created in the table's schema, which takes a privilege.
pub fn may_create_index(run: &mut Run, id: Id) {
    let schema = run.model.get(id).schema.clone();
    super::names::may_create(run, &schema);
}

/// A primary key makes the columns NOT NULL in partitions and inheriting tables, too.
fn not_null_below(run: &mut Run, id: Id, columns: &[String]) -> Result<(), Error> {
    let relation = run.model.get(id);
    let is_nullable = |name: &String| relation.column(name).is_some_and(|column| !column.is_not_null);
    if columns.iter().any(is_nullable) {
        run.scan_tree(id, false)?;
        crate::precheck::reach::family(run, id, Mode::AccessExclusive)?;
    }
    Ok(())
}

/// Adds the error for a second primary key.
fn refuse_second(run: &mut Run, id: Id) {
    let object = run.model.get(id).quoted();
    let detail = format!("multiple primary keys for table {object} are not allowed");
    run.add_name_error(Note::error("name_taken", Code::ERRCODE_INVALID_TABLE_DEFINITION, detail).on(object));
}

pub(super) fn remember(run: &mut Run, id: Id, definition: &Definition<'_>, name: String, columns: Vec<String>) {
    let number = run.number();
    let is_primary = definition.kind == ConstraintKind::PrimaryKey;
    let schema = run.model.get(id).schema.clone();
    run.model.take_name(&schema, &name, id);
    let relation = run.model.get_mut(id);
    relation.is_changed |= relation.oid.is_some();
    relation.indexes.push(Index {
        name: name.clone(),
        is_unique: true,
        is_primary,
        is_valid: true,
        is_immediate: !definition.is_deferrable,
        columns: Some(columns.clone()),
        needs: columns.iter().chain(&definition.key.including).cloned().collect(),
        nulls_not_distinct: definition.key.nulls_not_distinct,
        method: definition.key.method.clone(),
        constraint: Some(name.clone()),
        ..Index::default()
    });
    relation.constraints.push(Constraint {
        name,
        kind: if is_primary { b'p' } else { b'u' },
        columns,
        is_deferrable: definition.is_deferrable,
        is_deferred: definition.is_initially_deferred,
        is_valid: true,
        is_enforced: true,
        added: Some(number),
        ..Constraint::default()
    });
}

/// Whether a unique key of a partitioned table has all columns of the partition key.
pub fn covers_partition_key(run: &mut Run, id: Id, columns: &[String]) -> bool {
    let relation = run.model.get(id);
    if !relation.is_partitioned() {
        return true;
    }
    let missing = relation.partition_columns.iter().find(|column| !columns.contains(column));
    let Some(missing) = missing else { return true };
    let detail = match missing.is_empty() {
        true => "unique constraints of a table that is partitioned by an expression are not possible".to_owned(),
        false => format!(
            "a unique constraint must include all partitioning columns: {} is missing",
            quote_identifier(missing)
        ),
    };
    let object = relation.quoted();
    run.add_name_error(Note::error("partition_key", Code::ERRCODE_FEATURE_NOT_SUPPORTED, detail).on(object));
    false
}

/// Adds an error for each column whose type has no default operator class for btree.
fn has_classes(run: &mut Run, id: Id, columns: &[String]) {
    for name in columns {
        let Some(type_oid) = run.model.get(id).column(name).and_then(|column| column.type_oid()) else { continue };
        if default_class(type_oid).is_none() {
            let of = crate::pg::parser::analysis::type_text(type_oid, -1);
            let detail = format!("data type {of} has no default operator class for access method \"btree\"");
            let object = format!("{}.{}", run.model.get(id).quoted(), quote_identifier(name));
            run.add_name_error(Note::error("unknown_type", Code::ERRCODE_UNDEFINED_OBJECT, detail).on(object));
        }
    }
}

/// Counts the values that occur more than once.
pub fn duplicates(run: &mut Run, id: Id, columns: &[String], nulls_not_distinct: bool) {
    let names: Vec<&str> = columns.iter().map(String::as_str).collect();
    let relation = run.model.get(id);
    let is_kept = relation.indexes.iter().any(|index| {
        index.is_unique
            && index.is_valid
            && !index.has_predicate
            && (index.nulls_not_distinct || !nulls_not_distinct)
            && index
                .columns
                .as_ref()
                .is_some_and(|key| !key.is_empty() && key.iter().all(|column| columns.contains(column)))
            && index.is_immediate
    });
    if is_kept
        && relation.columns.iter().all(|column| !names.contains(&column.name.as_str()) || column.retyped.is_none())
        && !nulls_not_distinct
    {
        return;
    }
    if !row_checks::has_rows_to_ask(run, id, "unique_rows", &names) {
        return;
    }
    let Some(from) = run.model.get(id).as_subquery(true) else { return };
    let quoted: Vec<String> = names.iter().map(|name| quote_identifier(name)).collect();
    let list = quoted.join(", ");
    let not_null = quoted.iter().map(|name| format!("{name} IS NOT NULL")).collect::<Vec<_>>().join(" AND ");
    let condition = if nulls_not_distinct { String::new() } else { format!("WHERE {not_null} ") };
    let query = format!("SELECT {list} FROM {from} {condition}GROUP BY {list} HAVING pg_catalog.count(*) > 1");
    ask_duplicates(run, id, &names, query);
}

/// Judges a query that returns the repeated keys.
pub fn ask_duplicates(run: &mut Run, id: Id, columns: &[&str], query: String) {
    let (state, what) = (Code::ERRCODE_UNIQUE_VIOLATION, "occur more than once");
    row_checks::judge(run, Asked { check: "unique_rows", id, columns, query, state, noun: "key", what });
}

fn using_index(run: &mut Run, id: Id, definition: &Definition<'_>, index: &str) -> Result<(), Error> {
    let object = run.model.get(id).quoted();
    let Some(found) = run.model.get(id).index(index).cloned() else {
        let detail = format!("index {} does not exist on {object}", quote_identifier(index));
        run.add_name_error(Note::error("unknown_index", Code::ERRCODE_UNDEFINED_OBJECT, detail).on(index.to_owned()));
        return Ok(());
    };
    let refused = if found.constraint.is_some() {
        Some((
            "name_taken",
            Code::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
            "the index already belongs to a constraint",
        ))
    } else if !found.is_valid {
        Some(("invalid_index", Code::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE, "the index is not valid"))
    } else if !found.is_unique {
        Some(("using_index", Code::ERRCODE_WRONG_OBJECT_TYPE, "the index is not unique"))
    } else if found.has_predicate || found.has_expressions {
        Some(("using_index", Code::ERRCODE_WRONG_OBJECT_TYPE, "the index is partial or has expressions"))
    } else {
        None
    };
    if let Some((check, state, detail)) = refused {
        let quoted = quote_identifier(index);
        let safer = (check == "invalid_index").then(|| format!("DROP INDEX CONCURRENTLY {quoted};"));
        run.add_name_error(Note::error(check, state, detail).on(index.to_owned()).safer(safer));
        return Ok(());
    }
    if run.model.get(id).is_partitioned() {
        let detail = "ALTER TABLE / ADD CONSTRAINT USING INDEX is not supported on partitioned tables";
        run.add_name_error(Note::error("using_index", Code::ERRCODE_FEATURE_NOT_SUPPORTED, detail).on(object));
        return Ok(());
    }
    if definition.kind == ConstraintKind::PrimaryKey && run.model.get(id).primary_key().is_some() {
        refuse_second(run, id);
        return Ok(());
    }
    let name = definition.name.clone().unwrap_or_else(|| index.to_owned());
    if run.model.get(id).constraint(&name).is_some() {
        let detail = format!("constraint {} of {object} already exists", quote_identifier(&name));
        run.add_name_error(Note::error("name_taken", Code::ERRCODE_DUPLICATE_OBJECT, detail).on(name));
        return Ok(());
    }
    run.effects.lock(id, Mode::AccessExclusive);
    let columns = found.columns.unwrap_or_default();
    if definition.kind == ConstraintKind::PrimaryKey {
        let nullable: Vec<String> = columns
            .iter()
            .filter(|column| run.model.get(id).column(column).is_some_and(|column| !column.is_not_null))
            .cloned()
            .collect();
        for column in nullable {
            super::not_null::set_not_null(run, id, &column, false, false)?;
        }
    }
    let number = run.number();
    let relation = run.model.get_mut(id);
    relation.is_changed = true;
    if let Some(index) = relation.indexes.iter_mut().find(|known| known.name == index) {
        index.constraint = Some(name.clone());
        index.name.clone_from(&name);
        index.is_primary = definition.kind == ConstraintKind::PrimaryKey;
    }
    relation.constraints.push(Constraint {
        name: name.clone(),
        kind: if definition.kind == ConstraintKind::PrimaryKey { b'p' } else { b'u' },
        columns,
        is_deferrable: definition.is_deferrable,
        is_valid: true,
        is_enforced: true,
        added: Some(number),
        ..Constraint::default()
    });
    if name != index {
        let schema = run.model.get(id).schema.clone();
        run.model.free_name(&schema, index, number);
        run.model.take_name(&schema, &name, id);
    }
    Ok(())
}

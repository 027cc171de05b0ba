//! EXCLUDE constraints.

use super::constraint_names::{Target, columns_exist, name};
use crate::error::Error;
use crate::pg::catalog_types::has_default_class;
use crate::pg::names::quote_identifier;
use crate::pg::parser::tree::Constraint as Definition;
use crate::precheck::finding::Note;
use crate::precheck::model::relation::Id;
use crate::precheck::row_checks::{self, Asked};
use crate::precheck::run::Run;
use pgrx::PgSqlErrorCode as Code;

/// ADD EXCLUDE.
pub fn exclude(run: &mut Run, id: Id, definition: &Definition<'_>, target: Target<'_>) -> Result<(), Error> {
    let columns: Vec<String> =
        definition.key.exclusions.iter().filter_map(|(element, _)| element.column.clone()).collect();
    if !fits_partitions(run, id, definition) {
        return Ok(());
    }
    if !target.is_new {
        super::unique::may_create_index(run, id);
    }
    if !columns_exist(run, id, &columns) {
        return Ok(());
    }
    has_classes(run, id, definition);
    let Some(name) = name(run, id, definition.name.as_deref(), &columns, "excl", true)? else { return Ok(()) };
    if !target.is_new {
        run.effects.scans.insert(id);
        exclusion_rows(run, id, definition, &columns);
    }
    super::unique::remember(run, id, definition, name, columns);
    if let Some(constraint) = run.model.get_mut(id).constraints.last_mut() {
        constraint.kind = b'x';
    }
    if let Some(index) = run.model.get_mut(id).indexes.last_mut() {
        index.is_unique = false;
    }
    Ok(())
}

/// Adds an error for a partitioned table whose partition key is not compared by `=`: before version
/// 17, for each.
fn fits_partitions(run: &mut Run, id: Id, definition: &Definition<'_>) -> bool {
    if !run.model.get(id).is_partitioned() {
        return true;
    }
    if !cfg!(since_17) {
        let detail = "exclusion constraints are not supported on partitioned tables";
        let object = run.model.get(id).quoted();
        run.add_name_error(Note::error("unsupported", Code::ERRCODE_FEATURE_NOT_SUPPORTED, detail).on(object));
        return false;
    }
    let exclusions = definition.key.exclusions.iter();
    let equal = exclusions.filter(|(_, operator)| operator.last().is_some_and(|operator| operator == "="));
    let columns: Vec<String> = equal.filter_map(|(element, _)| element.column.clone()).collect();
    super::unique::covers_partition_key(run, id, &columns)
}

/// Adds an error for each column whose type has no default operator class for the access method.
fn has_classes(run: &mut Run, id: Id, definition: &Definition<'_>) {
    let method = &definition.key.method;
    let elements = definition.key.exclusions.iter().filter(|(element, _)| element.class.is_empty());
    for name in elements.filter_map(|(element, _)| element.column.as_ref()) {
        let Some(type_oid) = run.model.get(id).column(name).and_then(|column| column.type_oid()) else { continue };
        if has_default_class(type_oid, method) == Some(false) {
            let of = crate::pg::parser::analysis::type_text(type_oid, -1);
            let detail = format!("data type {of} has no default operator class for access method \"{method}\"");
            let object = format!("{}.{}", run.model.get(id).quoted(), quote_identifier(name));
            let note = match run.model.extensions.values().next() {
                Some(_) => {
                    Note::unknown("unknown_type", format!("{detail}, unless an extension of the script provides it"))
                }
                None => Note::error("unknown_type", Code::ERRCODE_UNDEFINED_OBJECT, detail),
            };
            run.add_name_error(note.on(object));
        }
    }
}

/// Compares each row with all others. Only for tables that are small enough.
fn exclusion_rows(run: &mut Run, id: Id, definition: &Definition<'_>, columns: &[String]) {
    const MOST: f64 = 5000.0;
    let names: Vec<&str> = columns.iter().map(String::as_str).collect();
    if !row_checks::has_rows_to_ask(run, id, "exclude_rows", &names) {
        return;
    }
    let relation = run.model.get(id);
    let object = relation.quoted();
    let has_expressions = columns.len() != definition.key.exclusions.len() || definition.key.predicate.is_some();
    let is_large = relation.rows > MOST || relation.pages > 200;
    let Some(from) = relation.as_subquery(true).filter(|_| !has_expressions && !is_large) else {
        run.add(
            Note::unknown("exclude_rows", "the rows were not compared with each other: rehearse the script").on(object),
        );
        return;
    };
    let compared = definition.key.exclusions.iter().filter_map(|(element, operator)| {
        let (operator, schema) = operator.split_last()?;
        let schema: String = schema.iter().map(|name| format!("{}.", quote_identifier(name))).collect();
        let column = quote_identifier(element.column.as_ref()?);
        Some(format!("a.{column} OPERATOR({schema}{operator}) b.{column}"))
    });
    let condition = compared.collect::<Vec<_>>().join(" AND ");
    let list = names.iter().map(|name| format!("a.{}", quote_identifier(name))).collect::<Vec<_>>().join(", ");
    let query = format!(
        "WITH numbered AS MATERIALIZED (SELECT *, pg_catalog.row_number() OVER () AS pg_flightcheck_number FROM {from}) \
         SELECT {list} FROM numbered a JOIN numbered b \
         ON a.pg_flightcheck_number < b.pg_flightcheck_number AND {condition}"
    );
    let state = Code::ERRCODE_EXCLUSION_VIOLATION;
    row_checks::judge(
        run,
        Asked {
            check: "exclude_rows",
            id,
            columns: &names,
            query,
            state,
            noun: "row",
            what: "conflict with another one",
        },
    );
}

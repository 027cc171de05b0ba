//! CREATE INDEX.

use super::constraint_names::{columns_exist, used_columns};
use super::names::{addition, choose, index_columns, refuse_taken, taken};
use super::{index_size, roles, unique};
use crate::error::Error;
use crate::pg::names::quote_identifier;
use crate::pg::parser::tree::{CreateIndex, Raw};
use crate::precheck::analysis::{expressions, projection};
use crate::precheck::effects::Mode;
use crate::precheck::finding::Note;
use crate::precheck::model::relation::{Id, Index};
use crate::precheck::relations::existing;
use crate::precheck::row_checks;
use crate::precheck::run::Run;
use pgrx::PgSqlErrorCode as Code;

pub fn create_index(run: &mut Run, create: &CreateIndex<'_>) -> Result<(), Error> {
    run.effects.is_definition = true;
    if create.is_concurrent {
        super::session::refuse_in_transaction(run, "CREATE INDEX CONCURRENTLY");
    }
    let Some(id) = existing(run, &create.relation)? else { return Ok(()) };
    let relation = run.model.get(id);
    if !matches!(relation.kind, b'r' | b'p' | b'm') {
        let detail = format!("cannot create an index on {}", super::names::kind_text(relation.kind));
        let object = relation.quoted();
        run.add_name_error(Note::error("wrong_kind", Code::ERRCODE_WRONG_OBJECT_TYPE, detail).on(object));
        return Ok(());
    }
    if create.is_concurrent && relation.is_partitioned() {
        let detail = "cannot create index on partitioned table concurrently";
        let object = relation.quoted();
        run.add_name_error(Note::error("unsupported", Code::ERRCODE_FEATURE_NOT_SUPPORTED, detail).on(object));
        return Ok(());
    }
    if !roles::require_owner(run, id) {
        return Ok(());
    }
    run.effects.lock(id, if create.is_concurrent { Mode::ShareUpdateExclusive } else { Mode::Share });
    let columns: Vec<String> = create.columns.iter().filter_map(|column| column.column.clone()).collect();
    let parts: Vec<Raw<'_>> =
        create.columns.iter().filter_map(|column| column.expression).chain(create.predicate).collect();
    let mut needs: Vec<String> = columns.iter().chain(&create.including).cloned().collect();
    // Expressions are analyzed before anything else (transformIndexStmt in parser/parse_utilcmd.c).
    let analyzed = (!parts.is_empty()).then(|| expressions(run, id, &parts));
    let is_analyzed = analyzed.as_ref().is_none_or(Option::is_some);
    let schema = run.model.get(id).schema.clone();
    super::names::may_create(run, &schema);
    if !super::operator_classes::method_exists(run, &create.method)
        || !columns_exist(run, id, &columns)
        || !columns_exist(run, id, &create.including)
    {
        return Ok(());
    }
    if let Some(analyzed) = analyzed.flatten() {
        needs.extend(used_columns(run, id, &analyzed));
        refuse_mutable(run, &analyzed);
    }
    super::operator_classes::check(run, id, create)?;
    let Some(name) = index_name(run, id, create)? else { return Ok(()) };
    if create.is_unique && !unique::covers_partition_key(run, id, &columns) {
        return Ok(());
    }
    scan(run, id, create, &name, &columns, is_analyzed)?;
    remember(run, id, create, name, columns, needs);
    Ok(())
}

/// Returns the index's name; `None` if it is taken, with a finding.
fn index_name(run: &mut Run, id: Id, create: &CreateIndex<'_>) -> Result<Option<String>, Error> {
    let relation = run.model.get(id);
    let (schema, table) = (relation.schema.clone(), relation.name.clone());
    let Some(name) = &create.name else {
        let columns = addition(&index_columns(&create.columns, &create.including));
        return choose(run, &schema, &table, Some(&columns), "idx").map(Some);
    };
    if taken(run, &schema, name)?.is_none() {
        return Ok(Some(name.clone()));
    }
    if !create.if_not_exists {
        refuse_taken(run, &schema, name)?;
        return Ok(None);
    }
    compare(run, &schema, name, id, create)?;
    Ok(None)
}

/// Warns if CREATE INDEX IF NOT EXISTS skips an index that is not what it asks for.
fn compare(run: &mut Run, schema: &str, name: &str, id: Id, create: &CreateIndex<'_>) -> Result<(), Error> {
    let known = run.model.get(id).index(name).cloned();
    let object = format!("{}.{}", quote_identifier(schema), quote_identifier(name));
    let wanted: Option<Vec<String>> = create.columns.iter().map(|column| column.column.clone()).collect();
    let note = match known {
        None => Note::warning(
            "if_not_exists",
            "a relation that is not an index of this table has the name, so that no index is created",
        ),
        Some(index) if !index.is_valid => Note::warning(
            "invalid_index",
            "the index exists and is not valid: IF NOT EXISTS skips it, and it neither serves queries nor keeps values unique; unless a session is building it now, drop it first",
        ),
        Some(index) if index.is_unique != create.is_unique || wanted.is_some() && index.columns != wanted => {
            Note::warning(
                "if_not_exists",
                "the index exists and is left as it is, although it has other columns or is not unique alike",
            )
        }
        Some(_) => Note::info("if_not_exists", "the index exists, so that the statement does nothing"),
    };
    run.add(note.on(object));
    Ok(())
}

/// Adds an error for expressions that are not immutable.
fn refuse_mutable(run: &mut Run, analyzed: &crate::pg::parser::analysis::Analyzed) {
    if !analyzed.is_mutable {
        return;
    }
    // The planner may replace a user's function in SQL by its body, which may be immutable.
    let note = if analyzed.functions.is_empty() {
        Note::error(
            "immutable",
            Code::ERRCODE_INVALID_OBJECT_DEFINITION,
            "functions in index expression must be marked IMMUTABLE",
        )
    } else {
        Note::unknown("immutable", "a function in the expression is not IMMUTABLE, unless its body is")
    };
    run.add(note);
}

/// Judges the rows that the index will contain.
fn scan(
    run: &mut Run,
    id: Id,
    create: &CreateIndex<'_>,
    name: &str,
    columns: &[String],
    is_analyzed: bool,
) -> Result<(), Error> {
    if run.model.get(id).is_partitioned() {
        if create.relation.only {
            run.effects.remark("the index has no partitions, and is not valid until each has been attached");
            return Ok(());
        }
        crate::precheck::reach::family(run, id, Mode::Share)?;
    }
    run.effects.scans.insert(id);
    if create.is_unique && is_analyzed {
        let has_expressions = create.columns.iter().any(|column| column.expression.is_some());
        let has_class = create.columns.iter().any(|column| !column.class.is_empty() || !column.collation.is_empty());
        if has_class {
            let object = run.model.get(id).quoted();
            run.add(
                Note::unknown("unique_rows", "the rows are not compared by the operator class of the index").on(object),
            );
        } else if has_expressions || create.predicate.is_some() {
            duplicates_of_expressions(run, id, create);
        } else {
            unique::duplicates(run, id, columns, create.nulls_not_distinct);
        }
        if create.is_concurrent && run.has(crate::precheck::finding::Severity::Error) {
            let detail = "the failed statement leaves an invalid index behind, which has to be dropped";
            run.add(Note::warning("invalid_index", detail).on(name.to_owned()));
        }
    } else if is_analyzed
        && (create.predicate.is_some() || create.columns.iter().any(|column| column.expression.is_some()))
    {
        evaluate(run, id, create);
    }
    if create.method == "btree" && create.predicate.is_none() {
        index_size::check(run, id, columns);
    }
    Ok(())
}

/// The columns of the index as a query over the relation.
fn entries(run: &mut Run, id: Id, create: &CreateIndex<'_>) -> Option<String> {
    let names: Vec<String> = (1..=create.columns.len()).map(|number| format!("k{number}")).collect();
    let mut list = Vec::new();
    for (name, column) in names.iter().zip(&create.columns) {
        list.push((Some(name.as_str()), column.expression.or(column.raw)?));
    }
    projection(run, id, true, &list, create.predicate.map(|predicate| (predicate, false)))
}

fn duplicates_of_expressions(run: &mut Run, id: Id, create: &CreateIndex<'_>) {
    let needed: Vec<String> = needed(run, id, create);
    let needed: Vec<&str> = needed.iter().map(String::as_str).collect();
    if !row_checks::has_rows_to_ask(run, id, "unique_rows", &needed) {
        return;
    }
    let Some(entries) = entries(run, id, create) else { return };
    let list = (1..=create.columns.len()).map(|number| format!("k{number}")).collect::<Vec<_>>();
    let not_null = list.iter().map(|name| format!("{name} IS NOT NULL")).collect::<Vec<_>>().join(" AND ");
    let condition = if create.nulls_not_distinct { String::new() } else { format!("WHERE {not_null} ") };
    let list = list.join(", ");
    let query =
        format!("SELECT {list} FROM ({entries}) AS entries {condition}GROUP BY {list} HAVING pg_catalog.count(*) > 1");
    unique::ask_duplicates(run, id, &needed, query);
}

/// Computes the expressions, which may raise errors.
fn evaluate(run: &mut Run, id: Id, create: &CreateIndex<'_>) {
    let needed: Vec<String> = needed(run, id, create);
    let needed: Vec<&str> = needed.iter().map(String::as_str).collect();
    if !row_checks::has_rows_to_ask(run, id, "index_expression", &needed) {
        return;
    }
    let Some(entries) = entries(run, id, create) else { return };
    let counts = (1..=create.columns.len()).map(|number| format!("pg_catalog.count(k{number})")).collect::<Vec<_>>();
    let query =
        format!("SELECT 1 FROM (SELECT {} FROM ({entries}) AS entries) AS counts(c) WHERE c < 0", counts.join(" + "));
    let (state, what) = (Code::ERRCODE_DATA_EXCEPTION, "cannot be indexed");
    row_checks::judge(
        run,
        row_checks::Asked { check: "index_expression", id, columns: &needed, query, state, noun: "row", what },
    );
}

fn needed(run: &mut Run, id: Id, create: &CreateIndex<'_>) -> Vec<String> {
    let parts: Vec<Raw<'_>> =
        create.columns.iter().filter_map(|column| column.expression.or(column.raw)).chain(create.predicate).collect();
    let found = expressions(run, id, &parts);
    found.map(|analyzed| used_columns(run, id, &analyzed)).unwrap_or_default()
}

fn remember(run: &mut Run, id: Id, create: &CreateIndex<'_>, name: String, columns: Vec<String>, needs: Vec<String>) {
    let _number = run.number();
    let schema = run.model.get(id).schema.clone();
    run.model.take_name(&schema, &name, id);
    let has_expressions = create.columns.iter().any(|column| column.expression.is_some());
    run.model.get_mut(id).indexes.push(Index {
        name,
        is_unique: create.is_unique,
        is_valid: true,
        is_immediate: true,
        columns: (!has_expressions).then_some(columns),
        needs,
        has_predicate: create.predicate.is_some(),
        has_expressions,
        nulls_not_distinct: create.nulls_not_distinct,
        method: create.method.clone(),
        names_classes: create.columns.iter().any(|column| !column.class.is_empty()),
        ..Index::default()
    });
}

/// CLUSTER … USING, and ALTER TABLE … CLUSTER ON: adds an error for an index by which the rows
/// cannot be ordered (check_index_is_clusterable in commands/cluster.c).
pub fn cluster_on(run: &mut Run, id: Id, name: &str) {
    let relation = run.model.get(id);
    let (object, quoted) = (relation.quoted(), quote_identifier(name));
    let refused = match relation.index(name) {
        None if relation.is_opaque => return,
        None => Some((Code::ERRCODE_UNDEFINED_OBJECT, format!("index {quoted} for table {object} does not exist"))),
        Some(index) if index.has_predicate => {
            Some((Code::ERRCODE_FEATURE_NOT_SUPPORTED, format!("cannot cluster on partial index {quoted}")))
        }
        Some(index) if !index.is_valid => {
            Some((Code::ERRCODE_FEATURE_NOT_SUPPORTED, format!("cannot cluster on invalid index {quoted}")))
        }
        Some(_) => None,
    };
    if let Some((state, detail)) = refused {
        run.add_name_error(Note::error("unknown_index", state, detail).on(object));
    }
}

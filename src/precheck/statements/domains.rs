//! ALTER DOMAIN.

use super::types::require_type;
use crate::error::Error;
use crate::pg::catalog_query::read;
use crate::pg::names::quote_identifier;
use crate::pg::parser::analysis::{self, Input};
use crate::pg::parser::tree::{Constraint, ConstraintKind, DomainChange, Raw};
use crate::precheck::analysis::{free_expression, or_fail};
use crate::precheck::effects::Mode;
use crate::precheck::finding::Note;
use crate::precheck::model::relation::Id;
use crate::precheck::row_checks::{self, Asked, replace_columns};
use crate::precheck::rows::shown;
use crate::precheck::run::Run;
use pgrx::PgSqlErrorCode as Code;
use pgrx::pg_sys::Oid;

const DOMAIN: &str = include_str!("../../../sql/queries/precheck_domain.sql");
const CONSTRAINTS: &str = include_str!("../../../sql/queries/precheck_domain_constraints.sql");
const COLUMNS: &str = include_str!("../../../sql/queries/precheck_domain_columns.sql");

/// The name of the check of rows.
const CHECK: &str = "domain_rows";

/// A domain of the catalogs.
struct Domain {
    oid: Oid,
    name: String,
    base: String,
    is_not_null: bool,
    constraints: Vec<Known>,
}

struct Known {
    name: String,
    is_valid: bool,
    condition: String,
}

pub fn alter(run: &mut Run, names: &[String], change: &DomainChange<'_>) -> Result<(), Error> {
    run.effects.is_definition = true;
    let Some(domain) = domain(run, names)? else { return Ok(()) };
    match change {
        DomainChange::Default(Some(raw)) => {
            free_expression(run, *raw);
        }
        DomainChange::Default(None) | DomainChange::NotNull(false) => {}
        DomainChange::NotNull(true) if domain.is_not_null => {}
        DomainChange::NotNull(true) => not_null(run, &domain)?,
        DomainChange::Add(constraint) => add(run, &domain, constraint)?,
        DomainChange::Drop { name, missing_ok } => {
            let exists = domain.constraints.iter().any(|known| known.name == *name);
            match (exists, missing_ok) {
                (true, _) => {}
                (false, true) => {
                    let detail = "the constraint does not exist, so that nothing is dropped";
                    run.add(Note::info("if_exists", detail).on(domain.name.clone()));
                }
                (false, false) => unknown_constraint(run, &domain, name),
            }
        }
        DomainChange::Validate(name) => match domain.constraints.iter().find(|known| known.name == *name) {
            None => unknown_constraint(run, &domain, name),
            Some(known) if known.is_valid => {
                run.effects.remark("the constraint is valid already, so that nothing is read");
            }
            Some(known) => validate(run, &domain, &known.condition)?,
        },
        DomainChange::Other => run.unchecked("what the statement changes in the domain"),
    }
    // Later statements do not see the change.
    run.model.other_objects = run.model.other_objects.or(Some(run.number()));
    Ok(())
}

/// Returns the domain; adds a finding if it does not exist, or is not the role's. `None` also if
/// the script has made it.
fn domain(run: &mut Run, names: &[String]) -> Result<Option<Domain>, Error> {
    let is_changed = names.last().is_some_and(|own| run.model.changed_domains.contains(own));
    let Some(found) = require_type(run, names)? else {
        if super::types::created_type(run, names).is_some() {
            run.unchecked("what the statement changes in the domain, which the script creates,");
        }
        return Ok(None);
    };
    if is_changed {
        run.unchecked("what the statement changes in the domain, which the script has altered,");
        return Ok(None);
    }
    run.model.changed_domains.extend(names.last().cloned());
    let own = names.last().cloned().unwrap_or_default();
    let Some((base, is_not_null)) =
        read(DOMAIN, &[found.oid.into()], |row| Ok((row.text(1)?, row.get::<bool>(2)?)))?.into_iter().next()
    else {
        let detail = format!("{} is not a domain", quote_identifier(&own));
        run.add_name_error(Note::error("wrong_kind", Code::ERRCODE_WRONG_OBJECT_TYPE, detail).on(own));
        return Ok(None);
    };
    let constraints = read(CONSTRAINTS, &[found.oid.into()], |row| {
        Ok(Known { name: row.text(1)?, is_valid: row.get(2)?, condition: row.text(3)? })
    })?;
    Ok(Some(Domain { oid: found.oid, name: own, base, is_not_null, constraints }))
}

fn unknown_constraint(run: &mut Run, domain: &Domain, name: &str) {
    let detail =
        format!("constraint {} of domain {} does not exist", quote_identifier(name), quote_identifier(&domain.name));
    let note = Note::error("unknown_constraint", Code::ERRCODE_UNDEFINED_OBJECT, detail);
    run.add_name_error(note.on(domain.name.clone()));
}

/// The columns of the domain that have rows to check, locked as the server locks them.
fn columns(run: &mut Run, domain: &Domain) -> Result<Option<Vec<(Id, String)>>, Error> {
    let found =
        read(COLUMNS, &[domain.oid.into()], |row| Ok((row.get::<Oid>(1)?, row.get::<i16>(2)?, row.get::<bool>(3)?)))?;
    let mut columns = Vec::new();
    for (table, number, is_element) in found {
        let Some(id) = run.model.by_oid(table)? else { continue };
        let relation = run.model.get(id);
        let Some(column) = relation.columns.iter().find(|column| column.number == Some(number)) else { continue };
        if relation.kind == b'c' {
            run.unchecked("whether a column contains the domain in a composite type");
            return Ok(None);
        }
        if is_element {
            let object = format!("{}.{}", relation.quoted(), quote_identifier(&column.name));
            let detail = format!("cannot alter domain {}: column {object} uses it in an array", domain.name);
            run.add_name_error(Note::error("dependents", Code::ERRCODE_FEATURE_NOT_SUPPORTED, detail).on(object));
            return Ok(None);
        }
        columns.push((id, column.name.clone()));
    }
    for (id, _) in &columns {
        run.effects.lock(*id, Mode::Share);
        run.effects.scans.insert(*id);
    }
    let is_new = |relation: &crate::precheck::model::relation::Relation| {
        (relation.created.is_some() || relation.is_changed)
            && relation.columns.iter().any(|column| column.number.is_none() && column.type_oid() == Some(domain.oid))
    };
    if run.model.loaded().any(|(_, relation)| is_new(relation)) {
        run.unchecked("a column that the script adds");
    }
    Ok(Some(columns))
}

fn not_null(run: &mut Run, domain: &Domain) -> Result<(), Error> {
    for (id, column) in columns(run, domain)?.unwrap_or_default() {
        if !row_checks::has_rows_to_ask(run, id, CHECK, &[&column]) {
            continue;
        }
        let relation = run.model.get(id);
        let Some(from) = relation.as_subquery(true) else { continue };
        let shown = shown(relation, &[&column]);
        let query = format!("SELECT {shown} FROM {from} WHERE {} IS NULL", quote_identifier(&column));
        judge(run, id, &column, query, Code::ERRCODE_NOT_NULL_VIOLATION, "have NULL");
    }
    Ok(())
}

fn validate(run: &mut Run, domain: &Domain, condition: &str) -> Result<(), Error> {
    for (id, column) in columns(run, domain)?.unwrap_or_default() {
        let Some(from) = values(run, id, &column, domain) else { continue };
        let query = format!("SELECT value FROM {from} WHERE NOT ({condition})");
        refused(run, id, &column, query);
    }
    Ok(())
}

fn add(run: &mut Run, domain: &Domain, constraint: &Constraint<'_>) -> Result<(), Error> {
    if let Some(name) =
        constraint.name.as_ref().filter(|name| domain.constraints.iter().any(|known| known.name == **name))
    {
        let detail = format!("constraint {} for domain {} already exists", quote_identifier(name), domain.name);
        run.add_name_error(Note::error("name_taken", Code::ERRCODE_DUPLICATE_OBJECT, detail).on(domain.name.clone()));
        return Ok(());
    }
    match (constraint.kind, constraint.expression) {
        (ConstraintKind::NotNull, _) if domain.is_not_null => Ok(()),
        (ConstraintKind::NotNull, _) => not_null(run, domain),
        (ConstraintKind::Check, Some(raw)) => {
            if !looks_up(run, &domain.base, raw) || constraint.is_not_valid {
                return Ok(());
            }
            for (id, column) in columns(run, domain)?.unwrap_or_default() {
                let Some(from) = values(run, id, &column, domain) else { continue };
                let Some(text) = project(run, &from, raw) else { continue };
                match replace_columns(&text, "value") {
                    Some(query) => refused(run, id, &column, query),
                    None => run.add(Note::unknown(CHECK, "the condition could not be made into a query")),
                }
            }
            Ok(())
        }
        _ => {
            run.unchecked("this kind of constraint of a domain");
            Ok(())
        }
    }
}

/// Whether the names of a condition on VALUE, which is of type `base`, can be looked up; adds a
/// finding otherwise.
pub fn looks_up(run: &mut Run, base: &str, raw: Raw<'_>) -> bool {
    let from = format!("(SELECT NULL::{base} AS value) AS domain_value");
    project(run, &from, raw).is_some()
}

fn project(run: &mut Run, from: &str, raw: Raw<'_>) -> Option<String> {
    let input = Input::Projection { from, expressions: &[], condition: Some((raw, true)) };
    let outcome = analysis::analyze(input, &run.text, &run.scope(), &[], &|_| None, true);
    or_fail(run, outcome)?.text
}

/// Returns the column's values for a FROM clause, under the name VALUE; adds a finding if the rows
/// cannot be asked.
fn values(run: &mut Run, id: Id, column: &str, domain: &Domain) -> Option<String> {
    if !row_checks::has_rows_to_ask(run, id, CHECK, &[column]) {
        return None;
    }
    let from = run.model.get(id).as_subquery(true)?;
    Some(format!("(SELECT {}::{} AS value FROM {from}) AS domain_value", quote_identifier(column), domain.base))
}

/// Judges a query for the values that the condition refuses.
fn refused(run: &mut Run, id: Id, column: &str, query: String) {
    judge(run, id, column, query, Code::ERRCODE_CHECK_VIOLATION, "violate the condition");
}

fn judge(run: &mut Run, id: Id, column: &str, query: String, state: Code, what: &'static str) {
    row_checks::judge(run, Asked { check: CHECK, id, columns: &[column], query, state, noun: "row", what });
}

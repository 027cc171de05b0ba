//! CHECK constraints.

use super::constraint_names::{Target, name, refuse_condition, used_columns};
use crate::error::Error;
use crate::pg::parser::tree::{Constraint as Definition, Raw};
use crate::precheck::analysis::{expressions, projection};
use crate::precheck::finding::Note;
use crate::precheck::model::relation::{Constraint, Id};
use crate::precheck::row_checks::{self, Asked};
use crate::precheck::run::Run;
use pgrx::PgSqlErrorCode as Code;

pub fn check(run: &mut Run, id: Id, definition: &Definition<'_>, target: Target<'_>) -> Result<(), Error> {
    let Some(raw) = definition.expression else { return Ok(()) };
    let analyzed = expressions(run, id, &[raw]);
    let columns: Vec<String> = match &analyzed {
        Some(analyzed) => used_columns(run, id, analyzed),
        None => target.column.map(str::to_owned).into_iter().collect(),
    };
    if let Some(analyzed) = &analyzed {
        refuse_condition(run, analyzed);
    }
    let named = if columns.len() == 1 { columns.clone() } else { Vec::new() };
    let Some(name) = name(run, id, definition.name.as_deref(), &named, "check", false)? else { return Ok(()) };
    let is_valid = !definition.is_not_valid && definition.is_enforced;
    if is_valid && !target.is_new && analyzed.is_some() {
        if definition.is_no_inherit {
            run.effects.scans.insert(id);
        } else {
            run.scan_tree(id, false)?;
        }
        check_rows(run, id, raw, &columns, definition.is_no_inherit);
    }
    let number = run.number();
    let condition = projection_condition(run, id, raw);
    run.model.get_mut(id).constraints.push(Constraint {
        name,
        kind: b'c',
        columns,
        is_valid,
        is_enforced: definition.is_enforced,
        condition,
        added: Some(number),
        ..Constraint::default()
    });
    Ok(())
}

/// Returns the condition's text with all names resolved, if it can be had without a finding.
pub fn projection_condition(run: &mut Run, id: Id, raw: Raw<'_>) -> Option<String> {
    let before = run.findings.len();
    let text = projection(run, id, false, &[(Some("result"), raw)], None);
    run.findings.truncate(before);
    let text = text?;
    let end = text.rfind(" AS result")?;
    Some(text.get(text.find("SELECT ")? + 7..end)?.to_owned())
}

/// Counts the rows that a condition refuses.
pub fn check_rows(run: &mut Run, id: Id, raw: Raw<'_>, columns: &[String], only: bool) {
    let names: Vec<&str> = columns.iter().map(String::as_str).collect();
    if !row_checks::has_rows_to_ask(run, id, "check_rows", &names) {
        return;
    }
    let Some(text) = projection(run, id, only, &[], Some((raw, true))) else { return };
    // Without expressions, the query selects no column: give it those that a sample shows.
    let shown = crate::precheck::rows::shown(run.model.get(id), &names);
    let Some(query) = row_checks::replace_columns(&text, &shown) else {
        run.add(Note::unknown("check_rows", "the condition could not be made into a query"));
        return;
    };
    judge(run, id, &names, query);
}

/// CHECK constraints that exist: VALIDATE.
pub fn validate_check(run: &mut Run, id: Id, constraint: &Constraint) {
    let columns = constraint.columns.clone();
    let names: Vec<&str> = columns.iter().map(String::as_str).collect();
    if !row_checks::has_rows_to_ask(run, id, "check_rows", &names) {
        return;
    }
    let relation = run.model.get(id);
    let is_known = relation.columns.iter().all(|column| !names.contains(&column.name.as_str()) || column.is_known());
    let (Some(condition), Some(from), true) = (&constraint.condition, relation.as_subquery(false), is_known) else {
        let detail = "the constraint's columns have been changed by the script, or its condition is not known";
        run.add(Note::unknown("check_rows", detail).on(run.model.get(id).quoted()));
        return;
    };
    let shown = crate::precheck::rows::shown(relation, &names);
    let query = format!("SELECT {shown} FROM {from} WHERE NOT ({condition})");
    judge(run, id, &names, query);
}

/// Judges the rows of a query that selects those for which the condition is false.
fn judge(run: &mut Run, id: Id, columns: &[&str], query: String) {
    row_checks::judge(
        run,
        Asked {
            check: "check_rows",
            id,
            columns,
            query,
            state: Code::ERRCODE_CHECK_VIOLATION,
            noun: "row",
            what: "violate the condition",
        },
    );
}

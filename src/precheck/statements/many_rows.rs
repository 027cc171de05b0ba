//! UPDATE and DELETE of many rows in one transaction.

use crate::pg::parser::analysis::{self, Analyzed, Input};
use crate::pg::parser::tree::{Dml, DmlKind};
use crate::precheck::analysis::refuse_code;
use crate::precheck::finding::{Note, Severity};
use crate::precheck::model::relation::Id;
use crate::precheck::rows::{ask, number};
use crate::precheck::run::Run;
use crate::precheck::sizes::{MANY_ROWS, is_large, pretty, size};

/// Warns of a statement that writes all rows of a large table, or many of them.
pub fn warn(run: &mut Run, id: Id, statement: &Dml<'_>, analyzed: Option<&Analyzed>) {
    let verb = match statement.kind {
        DmlKind::Update => "updates",
        DmlKind::Delete => "deletes",
        _ => return,
    };
    let relation = run.model.get(id);
    if run.has(Severity::Error) || relation.is_known_empty() || !is_large(relation) || statement.reads_others {
        return;
    }
    let written = if statement.has_condition {
        let Some(count) = count(run, id, statement, analyzed).filter(|count| *count >= MANY_ROWS) else { return };
        format!("{verb} {count} rows")
    } else {
        let about = (relation.rows >= 0.0).then(|| format!("about {:.0}", relation.rows));
        let size = size(relation).map(pretty);
        let extent = about.into_iter().chain(size).collect::<Vec<_>>().join(", ");
        format!("{verb} all rows ({extent}), since it has no WHERE,")
    };
    let detail =
        format!("{written} in one transaction: they stay locked until it ends, and leave as many dead rows behind");
    let object = run.model.get(id).quoted();
    run.add(Note::warning("many_rows", detail).on(object));
}

/// Returns how many rows the condition is true for now; `None` if that is not known.
fn count(run: &Run, id: Id, statement: &Dml<'_>, analyzed: Option<&Analyzed>) -> Option<i64> {
    let relation = run.model.get(id);
    let analyzed = analyzed?;
    if analyzed.accesses.iter().any(|accessed| Some(accessed.relation) != relation.oid) {
        return None;
    }
    if relation.is_changed || relation.created.is_some() || run.model.rows_unknown.is_some() || analyzed.is_volatile {
        return None;
    }
    let input = Input::InsteadCondition(statement.query);
    let found = analysis::analyze(input, &run.text, &run.scope(), &[], &|_| None, true).ok()?;
    let query = format!("SELECT pg_catalog.count(*) FROM ({}) AS written", found.text?);
    if refuse_code(&query).is_some() {
        return None;
    }
    ask(run, &query, &[(id, &[])]).ok().map(|table| number(&table))
}

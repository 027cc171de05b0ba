//! Rows that are too large for an index.

use crate::pg::catalog_types::is_variable;
use crate::pg::names::quote_identifier;
use crate::precheck::analysis::note_no_answer;
use crate::precheck::finding::Note;
use crate::precheck::model::relation::Id;
use crate::precheck::rows::{Doubt, ask};
use crate::precheck::run::Run;
use pgrx::PgSqlErrorCode as Code;

/// The largest entry of a btree index, with 8 kB pages (BTMaxItemSize in access/nbtree.h).
const LARGEST: i64 = 2704;

/// Adds a finding if rows may not fit into a btree index on these columns.
pub fn check(run: &mut Run, id: Id, columns: &[String]) {
    let relation = run.model.get(id);
    let variable: Vec<&str> = columns
        .iter()
        .filter_map(|name| relation.column(name))
        .filter(|column| column.type_oid().is_some_and(is_variable))
        .map(|column| column.name.as_str())
        .collect();
    let is_askable = variable.iter().all(|name| relation.column(name).is_some_and(|column| column.is_known()));
    let Some(from) = relation.as_subquery(true).filter(|_| is_askable && !variable.is_empty()) else { return };
    if relation.is_known_empty() {
        return;
    }
    let size = |name: &&str| format!("COALESCE(pg_catalog.pg_column_size({}), 0)", quote_identifier(name));
    let sizes: Vec<String> = variable.iter().map(size).collect();
    // A value that is stored compressed, or could not be compressed, does not get smaller.
    let is_plain = variable.iter().all(|name| relation.column(name).is_some_and(|column| column.storage == b'x'));
    let query = format!(
        "SELECT pg_catalog.max({}), pg_catalog.max(GREATEST({})) FROM {from}",
        sizes.join(" + "),
        sizes.join(", ")
    );
    let object = relation.quoted();
    let doubt = Doubt::about(run, id, &variable);
    let row = match ask(run, &query, &[(id, &variable)]) {
        Ok(table) => table.into_iter().next().unwrap_or_default(),
        Err(reason) => {
            if run.findings.last().is_none_or(|last| last.object.as_deref() != Some(object.as_str())) {
                note_no_answer(run, "index_row_size", Some(id), reason);
            }
            return;
        }
    };
    let number = |index: usize| row.get(index).and_then(|value| value.as_deref()?.parse::<i64>().ok()).unwrap_or(0);
    let (sum, one) = (number(0), number(1));
    if sum <= LARGEST - 100 {
        return;
    }
    let detail = format!("a row takes {sum} bytes, and an index entry at most {LARGEST}");
    let note = if one > LARGEST && is_plain && doubt.fewer.is_none() {
        Note::error("index_row_size", Code::ERRCODE_PROGRAM_LIMIT_EXCEEDED, detail)
    } else {
        Note::unknown("index_row_size", format!("{detail}, unless the values can be compressed"))
    };
    run.add(note.on(object));
}

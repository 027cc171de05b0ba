//! The defaults that an INSERT evaluates.

use super::inserted_row::Row;
use super::roles::require_advance;
use crate::error::Error;
use crate::precheck::analysis::catalog_expression;
use crate::precheck::model::relation::{Default_, Id};
use crate::precheck::run::Run;

/// Adds an error if a column that is not given draws from a sequence that the role may not advance,
/// as nextval does before the new row is checked; not certain if no row may be inserted. An
/// identity column's sequence needs no privilege.
pub fn draws(run: &mut Run, id: Id, given: &[String], is_certain: bool) -> Result<(), Error> {
    let relation = run.model.get(id);
    let defaults: Vec<String> = relation
        .columns
        .iter()
        .filter(|column| !given.contains(&column.name) && column.identity == 0 && column.generated == 0)
        .filter_map(|column| match &column.default {
            Default_::Expression { text: Some(text), is_new: false } if text.contains("nextval") => Some(text.clone()),
            _ => None,
        })
        .collect();
    for text in defaults {
        let Some(Ok(analyzed)) = catalog_expression(run, id, &text) else { continue };
        for (sequence, usage_suffices) in analyzed.sequences {
            require_advance(run, sequence, usage_suffices, is_certain && is_only_nextval(&text))?;
        }
    }
    Ok(())
}

/// Notes how many values an INSERT draws from the sequences of columns; `None` if that is not
/// known.
pub fn note_drawn(run: &mut Run, id: Id, rows: Option<&[Row]>) {
    let Some(rows) = rows else {
        run.drawn.unknown.insert(id);
        return;
    };
    let names: Vec<String> = run.model.get(id).columns.iter().map(|column| column.name.clone()).collect();
    for name in names.into_iter().filter(|name| super::identity::is_numbered(run, id, name)).collect::<Vec<_>>() {
        let count = rows.iter().filter(|row| !row.contains_key(&name)).count();
        *run.drawn.counts.entry((id, name)).or_insert(0) += count;
    }
}

/// Whether the expression certainly calls nextval: it is nothing else. Pure.
fn is_only_nextval(text: &str) -> bool {
    let call = text.strip_prefix("pg_catalog.").unwrap_or(text).strip_prefix("nextval('");
    call.is_some_and(|rest| rest.ends_with("::regclass)") || rest.ends_with("::pg_catalog.regclass)"))
}

#[cfg(test)]
mod tests {
    use super::is_only_nextval;

    #[test]
    fn nextval_alone_is_certainly_called() {
        assert!(is_only_nextval("nextval('s'::regclass)"));
        assert!(is_only_nextval("pg_catalog.nextval('a.s'::pg_catalog.regclass)"));
        assert!(!is_only_nextval("COALESCE(1, nextval('s'::regclass))"));
        assert!(!is_only_nextval("nextval('s'::regclass) + 1"));
    }
}

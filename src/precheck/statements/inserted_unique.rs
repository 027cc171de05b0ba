//! Unique keys of inserted rows.

use super::inserted_row::{Row, UNIQUE, constants};
use crate::error::Error;
use crate::pg::names::quote_identifier;
use crate::precheck::finding::Note;
use crate::precheck::model::relation::{Id, Index};
use crate::precheck::rows::ask;
use crate::precheck::run::Run;
use crate::report::statements::Statements;
use pgrx::PgSqlErrorCode as Code;
use pgrx::pg_sys::Oid;

/// Compares keys with the rows of the table, and with each other, except those of the columns that
/// ON CONFLICT names.
pub fn unique(
    run: &mut Run,
    id: Id,
    rows: &[Row],
    arbiter: Option<&[String]>,
    doubts: &mut Vec<String>,
) -> Result<(), Error> {
    for index in unique_indexes(run, id, arbiter) {
        let name = format!("unique index {}", index.name);
        let constraint = index.constraint.as_ref().and_then(|name| run.model.get(id).constraint(name));
        if constraint.is_some_and(|constraint| run.defers(constraint)) {
            doubts.push(name);
            continue;
        }
        let Some(columns) =
            index.columns.as_ref().filter(|_| !index.has_predicate && index.is_valid && !index.nulls_not_distinct)
        else {
            doubts.push(name);
            continue;
        };
        if let [column] = columns.as_slice()
            && super::identity::is_numbered(run, id, column)
            && rows.iter().all(|row| !row.contains_key(column))
        {
            drawn(run, id, column, rows.len(), doubts)?;
            continue;
        }
        let mut keys: Vec<Vec<String>> = Vec::new();
        let mut is_known = true;
        for row in rows {
            match constants(run, id, row, columns) {
                Some(values) => keys.extend(values.into_iter().collect::<Option<Vec<String>>>()),
                None => is_known = false,
            }
        }
        if !is_known {
            doubts.push(name.clone());
        }
        if let Some(key) = repeated(&keys) {
            report_duplicate(run, id, &index.name, &key.join(", "), "twice in the statement");
            continue;
        }
        existing(run, id, columns, &keys, &index.name, doubts);
    }
    Ok(())
}

/// Returns the unique indexes, except those of the columns that ON CONFLICT names.
pub fn unique_indexes(run: &Run, id: Id, arbiter: Option<&[String]>) -> Vec<Index> {
    let is_arbiter = |index: &Index| {
        let (Some(columns), Some(named)) = (&index.columns, arbiter) else { return false };
        columns.iter().all(|column| named.contains(column)) && named.iter().all(|column| columns.contains(column))
    };
    let indexes = run.model.get(id).indexes.iter();
    indexes.filter(|index| index.is_unique && !is_arbiter(index)).cloned().collect()
}

pub fn repeated(keys: &[Vec<String>]) -> Option<&Vec<String>> {
    let mut seen = std::collections::HashSet::new();
    keys.iter().find(|key| !seen.insert(*key))
}

pub fn report_duplicate(run: &mut Run, id: Id, index: &str, key: &str, where_: &str) {
    let object = run.model.get(id).quoted();
    let detail = format!(
        "key {} of unique index {} occurs {where_}",
        crate::report::quoting::clip(key, 80),
        quote_identifier(index)
    );
    run.add(Note::error("unique_rows", Code::ERRCODE_UNIQUE_VIOLATION, detail).on(object));
}

/// Looks keys up among the rows of the table.
pub fn existing(
    run: &mut Run,
    id: Id,
    columns: &[String],
    keys: &[Vec<String>],
    index: &str,
    doubts: &mut Vec<String>,
) {
    let relation = run.model.get(id);
    let of_script = relation.changes.inserted.is_some();
    let same = relation.changes.new_rows.as_ref().map(|rows| {
        keys.iter().find(|key| {
            rows.iter().any(|row| {
                columns.iter().zip(*key).all(|(column, value)| row.get(column) == Some(&Some(value.clone())))
            })
        })
    });
    let is_changed = relation.changes.deleted.is_some()
        || columns.iter().any(|column| relation.changes.updated.contains_key(column))
        || run.model.rows_unknown.is_some();
    match same {
        Some(Some(key)) if !is_changed => {
            let key = key.join(", ");
            report_duplicate(run, id, index, &key, "in an earlier statement as well");
            return;
        }
        Some(_) => {}
        None if of_script => doubts.push(format!("unique index {index}")),
        None => {}
    }
    let relation = run.model.get(id);
    if relation.is_known_empty() || relation.oid.is_none() || relation.changes.emptied.is_some() || keys.is_empty() {
        return;
    }
    let is_known = columns.iter().all(|column| relation.column(column).is_some_and(|column| column.is_known()));
    let Some(from) = relation.as_subquery(true).filter(|_| is_known) else {
        doubts.push(format!("unique index {index}"));
        return;
    };
    let matches = keys.iter().take(UNIQUE).map(|key| {
        let pairs = columns.iter().zip(key).map(|(column, value)| format!("{} = {value}", quote_identifier(column)));
        format!("({})", pairs.collect::<Vec<_>>().join(" AND "))
    });
    let list = columns.iter().map(|column| quote_identifier(column)).collect::<Vec<_>>().join(", ");
    let query = format!("SELECT {list} FROM {from} WHERE {}", matches.collect::<Vec<_>>().join(" OR "));
    let names: Vec<&str> = columns.iter().map(String::as_str).collect();
    if crate::precheck::analysis::refuse_code(&query).is_some() {
        doubts.push(format!("unique index {index}"));
        return;
    }
    match ask(run, &query, &[(id, &names)]) {
        Ok(table) if table.is_empty() && !is_changed => {}
        Ok(table) if !table.is_empty() && !is_changed => {
            let key = table.into_iter().next().unwrap_or_default().into_iter().flatten().collect::<Vec<_>>().join(", ");
            report_duplicate(run, id, index, &key, "in a row of the table");
        }
        _ => doubts.push(format!("unique index {index}")),
    }
}

/// Whether the script has left the keys that the rows had.
fn keeps_keys(run: &Run, id: Id, column: &str) -> bool {
    let changes = &run.model.get(id).changes;
    changes.deleted.or(changes.emptied).is_none() && !changes.updated.contains_key(column)
}

/// Returns what the sequence generates next: what the script has set it to, or `catalog`.
fn set_by_script(run: &mut Run, sequence: Oid, is_moved: bool, catalog: Option<i64>) -> Result<Option<i64>, Error> {
    if !is_moved {
        return Ok(catalog);
    }
    let Some(id) = run.model.by_oid(sequence)? else { return Ok(None) };
    Ok(run.model.positions.get(&id).and_then(|position| position.next))
}

/// Ids that a sequence generates.
pub fn drawn(run: &mut Run, id: Id, column: &str, count: usize, doubts: &mut Vec<String>) -> Result<(), Error> {
    let relation = run.model.get(id);
    let is_new_sequence = relation.column(column).is_some_and(|column| column.number.is_none())
        || relation.column(column).is_some_and(|known| known.identity != 0)
            && super::identity::sequence_of(run, id, column)?.is_none();
    let doubt = format!("the ids that {column} draws");
    if run.sequences_synced.contains(&id) {
        return Ok(());
    }
    let is_moved = run.sequences_moved.contains(&id);
    let has_options = relation.column(column).is_some_and(|column| column.has_sequence_options);
    if is_new_sequence && (is_moved || has_options) {
        doubts.push(doubt);
        return Ok(());
    }
    let Some(before) = run.drawn.count(id, column).filter(|_| run.model.rows_unknown.is_none()) else {
        doubts.push(doubt);
        return Ok(());
    };
    let relation = run.model.get(id);
    if relation.oid.is_none() || relation.is_known_empty() {
        if relation.changes.inserted.is_some() && run.ids_supplied.iter().any(|supplied| supplied.table == id) {
            doubts.push(doubt);
        }
        return Ok(());
    }
    let (next, step) = match super::identity::sequence_of(run, id, column)? {
        _ if is_new_sequence => (1, 1),
        Some(sequence) => match set_by_script(run, sequence.oid, is_moved, sequence.next)? {
            Some(next) => (next, sequence.step),
            None => {
                doubts.push(doubt);
                return Ok(());
            }
        },
        None => {
            doubts.push(doubt);
            return Ok(());
        }
    };
    let relation = run.model.get(id);
    if !relation.column(column).is_some_and(|column| column.is_known()) {
        return Ok(());
    }
    let drawn = i64::try_from(count).unwrap_or(1).min(1000);
    let next = next.saturating_add(step.saturating_mul(i64::try_from(before).unwrap_or(i64::MAX)));
    let last = next.saturating_add(step.saturating_mul(drawn - 1));
    let (low, high) = if step > 0 { (next, last) } else { (last, next) };
    let Some(from) = relation.as_subquery(true) else { return Ok(()) };
    let quoted = quote_identifier(column);
    let query = format!("SELECT {quoted} FROM {from} WHERE {quoted} BETWEEN {low} AND {high} LIMIT 1");
    match ask(run, &query, &[(id, &[column])]) {
        Ok(table) if table.is_empty() => {}
        Ok(_) if keeps_keys(run, id, column) => {
            let object = run.model.get(id).quoted();
            let detail = format!("the sequence generates {next} next for {quoted}, and a row has it");
            let resync = Statements::new()?.resync_table(&object);
            let note = Note::error("unique_rows", Code::ERRCODE_UNIQUE_VIOLATION, detail).on(object);
            run.add(note.safer([resync]));
        }
        _ => doubts.push(doubt),
    }
    Ok(())
}

//! Rows that are written in batches, each a transaction of its own: DO may run COMMIT if it is not
//! in a transaction itself.

use super::spelled::Spelled;
use super::steps::Steps;
use super::subject::Subject;
use crate::error::Error;
use crate::pg::names::quote_identifier;
use crate::pg::parser::tree::{Column as Definition, Dml, DmlKind};
use crate::precheck::model::relation::{DELETE, ROW, Trigger, UPDATE};
use crate::precheck::run::Run;
use crate::precheck::sizes::is_large;
use crate::report::quoting::literal;

/// How many rows, and how many blocks, one transaction writes.
const BATCH_ROWS: i32 = 10_000;
const BATCH_BLOCKS: i32 = 128;

/// Results that differ between transactions.
const OF_TRANSACTION: [&str; 11] = [
    "now",
    "current_date",
    "current_time",
    "current_timestamp",
    "localtime",
    "localtimestamp",
    "transaction_timestamp",
    "statement_timestamp",
    "txid_current",
    "pg_current_xact_id",
    "select",
];

/// Returns UPDATE or DELETE in batches of the primary key; `None` if they might do something else
/// than the statement: it reads other rows, fires triggers once, or depends on the transaction.
pub fn dml(run: &mut Run, statement: &Dml<'_>) -> Result<Option<Steps>, Error> {
    let event = match statement.kind {
        DmlKind::Update => UPDATE,
        DmlKind::Delete => DELETE,
        _ => return Ok(None),
    };
    let Some(name) = &statement.target else { return Ok(None) };
    let Some(subject) = Subject::of(run, name)? else { return Ok(None) };
    let before = &subject.before;
    let once = |trigger: &Trigger| trigger.is_enabled && trigger.events & event != 0 && trigger.events & ROW == 0;
    let is_simple = matches!(before.kind, b'r' | b'p') && !before.has_rules && !before.triggers.iter().any(once);
    if !is_simple || !is_large(before) {
        return Ok(None);
    }
    let key = before.primary_key().map(|key| key.columns.as_slice()).unwrap_or_default();
    let [key] = key else { return Ok(None) };
    let names_of_ours = before.columns.iter().any(|column| column.name.starts_with("batch_"));
    if names_of_ours || statement.columns.contains(key) {
        return Ok(None);
    }
    let Some(spelled) = Spelled::of(&run.text) else { return Ok(None) };
    let Some(write) = in_range(&spelled, statement.kind, &quote_identifier(key)) else { return Ok(None) };
    Ok(Some(Steps::one_weak(by_key(&subject, key, &write))))
}

/// Returns the statement for the keys of one batch.
fn in_range(spelled: &Spelled, kind: DmlKind, key: &str) -> Option<String> {
    let all = 0..spelled.len();
    let first = if kind == DmlKind::Update { "update" } else { "delete" };
    let outside = |word: &str| all.clone().any(|at| spelled.is(at, word) && spelled.is_outside(at));
    let reads_others = match kind {
        // IS DISTINCT FROM has the same word.
        DmlKind::Update => all
            .clone()
            .any(|at| spelled.is(at, "from") && spelled.is_outside(at) && !(at > 0 && spelled.is(at - 1, "distinct"))),
        _ => outside("using"),
    };
    let differs = OF_TRANSACTION.iter().any(|word| spelled.has(word)) || outside("returning") || outside("current");
    if !spelled.is(0, first) || reads_others || differs {
        return None;
    }
    let range = format!("{key} >= batch_low AND (batch_high IS NULL OR {key} < batch_high)");
    Some(match spelled.find(all.clone(), "where") {
        Some(at) => {
            format!("{} WHERE ({}) AND {range};", spelled.join(0..at), spelled.join(at + 1..all.end))
        }
        None => format!("{} WHERE {range};", spelled.whole()),
    })
}

fn by_key(subject: &Subject, key: &str, write: &str) -> String {
    let (table, key) = (subject.table(), quote_identifier(key));
    format!(
        "DO $batch$ DECLARE batch_low {table}.{key}%TYPE; batch_high {table}.{key}%TYPE; \
         BEGIN batch_low := (SELECT {key} FROM {table} ORDER BY {key} LIMIT 1); \
         WHILE batch_low IS NOT NULL LOOP \
         batch_high := (SELECT {key} FROM {table} WHERE {key} >= batch_low ORDER BY {key} OFFSET {BATCH_ROWS} LIMIT 1); \
         {write} COMMIT; batch_low := batch_high; END LOOP; END $batch$;"
    )
}

/// Whether the rows can be given their values by UPDATE, which fires triggers and meets policies.
pub fn can_fill(subject: &Subject, definition: &Definition<'_>) -> bool {
    let before = &subject.before;
    let fires = before.triggers.iter().any(|trigger| trigger.is_enabled && trigger.events & UPDATE != 0);
    let is_named_so = definition.name.starts_with("batch_");
    subject.is_plain() && !fires && !before.has_rules && !before.forces_row_security && !is_named_so
}

/// Returns the statement that gives the column its default where it is NULL, block by block. It
/// begins again until it meets no such row, since a row that is updated meanwhile may move.
pub fn fill(subject: &Subject, column: &str) -> String {
    let (table, column) = (subject.table(), quote_identifier(column));
    let size = format!("pg_catalog.pg_relation_size({})", literal(&table));
    let tid = |block: &str| format!("('(' || {block} || ',0)')::pg_catalog.tid");
    let (from, to) = (tid("batch_block"), tid(&format!("batch_block + {BATCH_BLOCKS}")));
    format!(
        "DO $batch$ DECLARE batch_size bigint := pg_catalog.current_setting('block_size')::bigint; \
         batch_block bigint; batch_rows bigint; batch_left boolean; \
         BEGIN FOR batch_pass IN 1..100 LOOP batch_left := false; batch_block := 0; \
         WHILE batch_block * batch_size < {size} LOOP \
         UPDATE {table} SET {column} = DEFAULT WHERE {column} IS NULL AND ctid >= {from} AND ctid < {to}; \
         GET DIAGNOSTICS batch_rows = ROW_COUNT; batch_left := batch_left OR batch_rows > 0; \
         COMMIT; batch_block := batch_block + {BATCH_BLOCKS}; END LOOP; \
         EXIT WHEN NOT batch_left; END LOOP; END $batch$;"
    )
}

//! Finds the tables of migration tools in the catalog.
//!
//! Locks: AccessShareLock on catalogs, released before it returns. No user table is touched.

use super::found::{Candidate, Found};
use super::layout::{Column, Fit, Part};
use super::tools::{JUDGES, layouts};
use crate::error::Error;
use crate::locks::HistoryTable;
use crate::pg::lossy_text::RawText;
use crate::pg::subtransaction;
use pgrx::Spi;
use pgrx::pg_sys::Oid;
use pgrx::spi::SpiTupleTable;
use std::collections::BTreeSet;

const HISTORY_TABLES: &str = include_str!("../../sql/queries/migration_history_columns.sql");

/// Returns the tables of all migration tools in the database, whatever their names.
pub fn history_tables() -> Result<Vec<HistoryTable>, Error> {
    Ok(tables(find()?))
}

/// Returns every relation that is a tool's, or has a name that only such a tool gives, with its
/// layout.
pub fn find() -> Result<Vec<Found>, Error> {
    let mut found = Vec::new();
    for candidate in candidates()? {
        crate::pg::memory::step();
        found.extend(recognize(candidate));
    }
    JUDGES.iter().filter_map(|judge| judge.revise).for_each(|revise| revise(&mut found));
    Ok(found)
}

/// Returns every relation that is a migration tool's, or has a name that only such a tool gives.
pub fn tables_of_tools() -> Result<Vec<Oid>, Error> {
    Ok(find()?.into_iter().map(|found| found.relation.oid).collect())
}

fn tables(found: Vec<Found>) -> Vec<HistoryTable> {
    let whole = found.into_iter().filter(|found| found.fit == Fit::Whole && found.layout.part != Part::Metadata);
    let tables = whole.filter(|found| matches!(found.relation.kind, b'r' | b'p'));
    tables
        .map(|Found { relation, tool, .. }| HistoryTable {
            tool: tool.to_owned(),
            schema: relation.schema,
            table: relation.table,
        })
        .collect()
}

/// Returns the relation with the layout that it fits; otherwise, with the one that has its name.
pub fn recognize(relation: Candidate) -> Option<Found> {
    let mut named = None;
    for (judge, layout) in layouts() {
        match layout.fit(&relation.table, &relation.columns) {
            fit @ Fit::Whole => return Some(Found { relation, judge, layout, tool: layout.tool, fit }),
            fit @ Fit::Lacks(_) => named = named.or(Some((judge, layout, fit))),
            Fit::None => {}
        }
    }
    named.map(|(judge, layout, fit)| Found { relation, judge, layout, tool: layout.tool, fit })
}

fn candidates() -> Result<Vec<Candidate>, Error> {
    let keys = distinct(layouts().filter_map(|(_, layout)| layout.key_column()));
    let table_names = distinct(layouts().flat_map(|(_, layout)| layout.names()));
    subtransaction::discard(|| {
        Spi::connect(|client| {
            let arguments = [keys.into(), table_names.into()];
            relations(&client.select(HISTORY_TABLES, None, &arguments)?.first())
        })
    })
}

fn distinct(names: impl Iterator<Item = &'static str>) -> Vec<&'static str> {
    names.collect::<BTreeSet<_>>().into_iter().collect()
}

/// Groups the columns by relation.
fn relations(columns: &SpiTupleTable<'_>) -> Result<Vec<Candidate>, Error> {
    // The arrays are NULL if there is no such relation.
    let Some(oids) = columns.get::<Vec<Oid>>(1)? else { return Ok(Vec::new()) };
    let schemas = columns.get::<Vec<RawText>>(2)?.unwrap_or_default();
    let tables = columns.get::<Vec<RawText>>(3)?.unwrap_or_default();
    let kinds = columns.get::<Vec<i8>>(4)?.unwrap_or_default();
    let names = columns.get::<Vec<RawText>>(5)?.unwrap_or_default();
    let types = columns.get::<Vec<Oid>>(6)?.unwrap_or_default();
    let modifiers = columns.get::<Vec<i32>>(7)?.unwrap_or_default();
    let columns = names.into_iter().zip(types).zip(modifiers);
    let columns = columns.map(|((name, type_oid), modifier)| Column { name: name.text, type_oid, modifier });
    let relations = oids.into_iter().zip(schemas).zip(tables).zip(kinds);
    let mut found: Vec<Candidate> = Vec::new();
    for ((((oid, schema), table), kind), column) in relations.zip(columns) {
        match found.last_mut().filter(|last| last.oid == oid) {
            Some(last) => last.columns.push(column),
            None => found.push(Candidate {
                oid,
                is_exact: schema.is_exact && table.is_exact,
                schema: schema.text,
                table: table.text,
                kind: kind as u8,
                columns: vec![column],
            }),
        }
    }
    Ok(found)
}

//! The partitions that inserted rows belong to.

use super::inserted_row::{PARTITIONS, Row, constants};
use super::targets::type_text;
use crate::error::Error;
use crate::pg::names::quote_identifier;
use crate::precheck::analysis::refuse_code;
use crate::precheck::finding::Note;
use crate::precheck::model::relation::Id;
use crate::precheck::rows::{ask, number};
use crate::precheck::run::Run;
use pgrx::PgSqlErrorCode as Code;

/// Adds an error for a row that does not belong into the partition, or into any of the partitioned
/// table.
pub fn check(run: &mut Run, id: Id, rows: &[Row], doubts: &mut Vec<String>) -> Result<(), Error> {
    let Some(condition) = condition(run, id, doubts)? else { return Ok(()) };
    let relation = run.model.get(id);
    let names: Vec<String> = relation.columns.iter().map(|column| column.name.clone()).collect();
    let alias = quote_identifier(&relation.name);
    let object = relation.quoted();
    for row in rows.iter().take(PARTITIONS) {
        let values = names.iter().map(|name| {
            let value = constants(run, id, row, std::slice::from_ref(name))?.pop()?;
            let null = type_text(run.model.get(id), name).map(|of| format!("NULL::{of}"))?;
            Some((value.unwrap_or(null), name))
        });
        // The columns whose values are not known are left out; if the condition uses one of them,
        // the query fails.
        let list: Vec<String> =
            values.flatten().map(|(value, name)| format!("{value} AS {}", quote_identifier(name))).collect();
        let query = format!(
            "SELECT pg_catalog.count(*) FROM (SELECT {}) AS {alias} WHERE ({condition}) IS TRUE",
            list.join(", ")
        );
        let answer = if refuse_code(&query).is_some() { None } else { ask(run, &query, &[]).ok() };
        match answer.map(|table| number(&table)) {
            Some(0) => {
                let detail = "a row does not belong into the partition, or into any partition of the table";
                run.add(Note::error("partition_rows", Code::ERRCODE_CHECK_VIOLATION, detail).on(object));
                return Ok(());
            }
            Some(_) => {}
            None => {
                doubts.push("the partitions".to_owned());
                return Ok(());
            }
        }
    }
    Ok(())
}

/// Returns the condition that rows must satisfy; `None` without one.
fn condition(run: &mut Run, id: Id, doubts: &mut Vec<String>) -> Result<Option<String>, Error> {
    let relation = run.model.get(id);
    if relation.is_partition && relation.is_changed || relation.hides_partition_condition {
        doubts.push("the partition's bound".to_owned());
        return Ok(None);
    }
    let own = relation.partition_condition.clone();
    if !relation.is_partitioned() || relation.default_partition.is_some() {
        return Ok(own);
    }
    if !relation.new_children.is_empty() || relation.is_changed || relation.created.is_some() {
        doubts.push("the partitions".to_owned());
        return Ok(None);
    }
    let mut parts = Vec::new();
    for child in relation.children.clone() {
        let Some(child) = run.model.by_oid(child)? else { continue };
        match &run.model.get(child).partition_condition {
            Some(condition) if !run.model.get(child).is_changed => parts.push(format!("({condition})")),
            _ => {
                doubts.push("the partitions".to_owned());
                return Ok(None);
            }
        }
    }
    let any = if parts.is_empty() { "false".to_owned() } else { parts.join(" OR ") };
    Ok(Some(own.map_or(any.clone(), |own| format!("({own}) AND ({any})"))))
}

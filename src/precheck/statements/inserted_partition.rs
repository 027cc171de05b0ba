//! The partitions that inserted rows belong to.

use super::inserted_row::{PARTITIONS, Row, constants};
use super::partition_bounds::condition_of;
use super::targets::type_text;
use crate::error::Error;
use crate::pg::names::quote_identifier;
use crate::pg::parser::tree::Bound;
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
    let Some(own) = own(run, id) else {
        doubts.push("the partition's bound".to_owned());
        return Ok(None);
    };
    let relation = run.model.get(id);
    if !relation.is_partitioned() || relation.default_partition.is_some() {
        return Ok(own);
    }
    let mut parts = Vec::new();
    for child in relation.new_children.clone() {
        match run.model.get(child).new_bound.clone() {
            Some(Bound::Default) => return Ok(own),
            bound => parts.push(bound.and_then(|bound| condition_of(run.model.get(id), &bound))),
        }
    }
    let is_renamed = run.model.get(id).is_changed;
    for child in run.model.get(id).children.clone() {
        let Some(child) = run.model.by_oid(child)? else { continue };
        let child = run.model.get(child);
        parts.push(child.partition_condition.clone().filter(|_| !child.is_changed && !is_renamed));
    }
    let Some(parts) = parts.into_iter().collect::<Option<Vec<_>>>() else {
        doubts.push("the partitions".to_owned());
        return Ok(None);
    };
    let parts: Vec<String> = parts.iter().map(|part| format!("({part})")).collect();
    let any = if parts.is_empty() { "false".to_owned() } else { parts.join(" OR ") };
    Ok(Some(own.map_or(any.clone(), |own| format!("({own}) AND ({any})"))))
}

/// Returns the condition of a partition itself, with those of its parents; `Some(None)` for a table
/// that is none, and `None` if it is not known.
fn own(run: &Run, id: Id) -> Option<Option<String>> {
    let relation = run.model.get(id);
    let Some(bound) = &relation.new_bound else {
        let is_hidden = relation.is_partition && (relation.is_changed || relation.created.is_some());
        return (!is_hidden && !relation.hides_partition_condition).then(|| relation.partition_condition.clone());
    };
    let (parent, _) = run.model.loaded().find(|(_, parent)| parent.new_children.contains(&id))?;
    let condition = condition_of(run.model.get(parent), bound)?;
    Some(Some(own(run, parent)?.map_or(condition.clone(), |above| format!("({above}) AND ({condition})"))))
}

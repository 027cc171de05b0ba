//! The tables in which migration tools note what they have run.

use super::finding::{Note, Place};
use super::model::relation::Id;
use super::rows::{ask, number};
use super::run::Run;
use super::statements::identity::{is_numbered, sequence_of};
use crate::error::Error;
use crate::migrations;
use crate::pg::names::quote_identifier;
use crate::report::quoting::literal;

/// Warns of a tool's table whose sequence is behind: the tool inserts a row after the script, or
/// before it, and both fail together.
pub fn check(run: &mut Run) -> Result<(), Error> {
    for oid in migrations::tables_of_tools()? {
        let Some(id) = run.model.by_oid(oid)? else { continue };
        let relation = run.model.get(id);
        if !relation.is_table() || relation.dropped.is_some() {
            continue;
        }
        let names = relation.columns.iter().map(|column| column.name.clone());
        let numbered: Vec<String> = names.filter(|name| is_numbered(run, id, name)).collect();
        for name in numbered {
            if let Some(note) = judge(run, id, &name)? {
                run.add_at(Place::default(), note);
            }
        }
    }
    Ok(())
}

fn judge(run: &Run, id: Id, name: &str) -> Result<Option<Note>, Error> {
    let relation = run.model.get(id);
    let Some(sequence) = sequence_of(run, id, name)?.filter(|sequence| sequence.step > 0) else { return Ok(None) };
    let is_moved = |text: &String| text.contains(&sequence.name.name) || text.contains(&relation.name);
    if run.sequence_texts.iter().any(is_moved) {
        return Ok(None);
    }
    let Some(from) = relation.as_subquery(true).filter(|_| relation.column(name).is_some_and(|one| one.is_known()))
    else {
        return Ok(None);
    };
    let (table, quoted) = (relation.quoted(), quote_identifier(name));
    let object = format!("{table}.{quoted}");
    let query = format!("SELECT pg_catalog.max({quoted})::pg_catalog.int8 FROM {from}");
    let (Some(next), Ok(rows)) = (sequence.next, ask(run, &query, &[(id, &[name])])) else {
        let detail = "whether the sequence of the migration tool's table is behind is not known";
        return Ok(Some(Note::unknown("sequence_behind", detail).on(object)));
    };
    let largest = number(&rows);
    if largest < next {
        return Ok(None);
    }
    let detail = format!(
        "the sequence of the migration tool's table generates {next} next, and rows have values up to {largest}: the \
         tool's own INSERT fails with 23505"
    );
    let resync = format!("SELECT * FROM seq_resync_table({});", literal(&table));
    Ok(Some(Note::warning("sequence_behind", detail).on(object).safer([resync])))
}

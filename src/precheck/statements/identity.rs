//! Columns that sequences number.

use crate::error::Error;
use crate::pg::catalog_query::read_often;
use crate::pg::names::{QualifiedName, quote_identifier};
use crate::pg::{access, sequence_state};
use crate::precheck::finding::Note;
use crate::precheck::model::relation::{Default_, Id};
use crate::precheck::rows::{ask, number};
use crate::precheck::run::Run;
use crate::report::statements::Statements;
use pgrx::pg_sys::{BuiltinOid, Oid, PgBuiltInOids, PgOid};

const SEQUENCE: &str = include_str!("../../../sql/queries/precheck_sequence.sql");

/// The sequence that numbers a column.
#[derive(Clone, Debug)]
pub struct Sequence {
    pub oid: Oid,
    pub name: QualifiedName,
    type_text: String,
    type_oid: Oid,
    pub step: i64,
    /// What nextval returns next; `None` if the caller may not know.
    pub next: Option<i64>,
}

/// Returns the sequence of a column of the catalogs.
pub fn sequence_of(run: &Run, id: Id, name: &str) -> Result<Option<Sequence>, Error> {
    let relation = run.model.get(id);
    let (Some(oid), Some(column)) = (relation.oid, relation.column(name).and_then(|column| column.number)) else {
        return Ok(None);
    };
    let types = [PgBuiltInOids::OIDOID, PgBuiltInOids::INT4OID].map(PgOid::BuiltIn);
    let found = read_often(SEQUENCE, &types, &[oid.into(), i32::from(column).into()], |row| {
        Ok(Sequence {
            oid: row.get(1)?,
            name: row.qualified_name(2)?,
            type_text: row.text(4)?,
            type_oid: row.get(5)?,
            step: row.get(6)?,
            next: None,
        })
    })?;
    let is_dropped =
        |sequence: &Sequence| run.model.known(sequence.oid).is_some_and(|id| run.model.get(id).dropped.is_some());
    let mut found = found.into_iter().next().filter(|sequence| !is_dropped(sequence));
    if let Some(sequence) = found.as_mut().filter(|sequence| access::may_read_sequence(sequence.oid)) {
        let state = sequence_state::read_nowait(sequence.oid)?;
        sequence.next = state.and_then(|state| state.following(sequence.step));
    }
    Ok(found)
}

/// Warns if the column becomes larger than what its sequence generates.
pub fn warn_of_sequence_type(run: &mut Run, id: Id, name: &str) -> Result<(), Error> {
    let Some(sequence) = sequence_of(run, id, name)? else { return Ok(()) };
    let is = |oid: Option<Oid>, type_: BuiltinOid| oid == Some(type_.value());
    let new = run.model.get(id).column(name).and_then(|column| column.type_oid());
    let is_wider = is(new, BuiltinOid::INT8OID) && !is(Some(sequence.type_oid), BuiltinOid::INT8OID)
        || is(new, BuiltinOid::INT4OID) && is(Some(sequence.type_oid), BuiltinOid::INT2OID);
    let is_serial = run.model.get(id).column(name).is_some_and(|column| column.identity == 0);
    if is_wider && is_serial {
        let quoted = sequence.name.quoted();
        let detail = format!("sequence {quoted} stays of type {}, with its limit", sequence.type_text);
        let safer = [format!("ALTER SEQUENCE {quoted} AS bigint;")];
        run.add(Note::warning("sequence_type", detail).on(quoted).safer(safer));
    }
    Ok(())
}

/// Warns if rows have larger values than the first that a new sequence generates.
pub fn warn_if_behind(run: &mut Run, id: Id, name: &str) {
    let relation = run.model.get(id);
    let Some(from) = relation.as_subquery(false) else { return };
    if relation.is_known_empty() || !relation.column(name).is_some_and(|column| column.is_known()) {
        return;
    }
    let quoted = quote_identifier(name);
    let query = format!("SELECT pg_catalog.max({quoted})::pg_catalog.int8 FROM {from}");
    let object = format!("{}.{quoted}", relation.quoted());
    match ask(run, &query, &[(id, &[name])]) {
        Ok(table) => {
            let largest = number(&table);
            if largest > 0 {
                let detail = format!("the new sequence starts at 1, and rows have values up to {largest}");
                let table = run.model.get(id).quoted();
                let resync = Statements::new().map(|statements| statements.resync_table(&table)).ok();
                run.add(Note::warning("sequence_behind", detail).on(object).safer(resync));
            }
        }
        Err(_) => run.add(Note::unknown("sequence_behind", "the rows could not be read").on(object)),
    }
}

/// Whether a sequence numbers the column.
pub fn is_numbered(run: &Run, id: Id, name: &str) -> bool {
    let Some(column) = run.model.get(id).column(name) else { return false };
    let draws = match &column.default {
        Default_::Serial(_) => true,
        Default_::Expression { text: Some(text), .. } => text.contains("nextval("),
        _ => false,
    };
    draws || column.identity != 0
}

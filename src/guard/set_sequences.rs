//! Sequences that the transaction has set: setval, RESTART, a restored position.
//!
//! A setval is seen as its statement starts. Where the statement works out which sequence it sets, that is found at commit
//! among the transaction's locks.

use super::catalog::{Firing, Functions, Trigger};
use super::session;
use super::touched_tables::{Mark, Touched};
use crate::error::Error;
use crate::pg::relation::{LockMode, Relation, nowait};
use crate::pg::row::required;
use crate::pg::sequence_users::Users;
use crate::pg::settings::Guard;
use crate::pg::{kept_plan, names, schemas, subtransaction};
use crate::settings;
use pgrx::Spi;
use pgrx::datum::DatumWithOid;
use pgrx::pg_sys::{self, Oid, PgBuiltInOids, PgOid};
use std::collections::HashSet;

const DOMAIN_COLUMNS: &str = include_str!("../../sql/queries/columns_with_domain_default.sql");
const SET: &str = include_str!("../../sql/queries/sequences_locked_by_transaction.sql");

const OID: PgOid = PgOid::BuiltIn(PgBuiltInOids::OIDOID);
const TEXT: PgOid = PgOid::BuiltIn(PgBuiltInOids::TEXTOID);

/// A statement is about to call setval on a sequence, or on one that it works out.
pub fn setting(sequence: Option<Oid>) {
    if settings::guard() != Guard::Off {
        // No sequence has this OID: it stands for what is to be found out.
        session::note(sequence.unwrap_or(pg_sys::InvalidOid), Mark::Moved);
    }
}

/// A command has had sequences start over that it does not name.
pub fn resetting() {
    if settings::guard() != Guard::Off {
        session::note(pg_sys::InvalidOid, Mark::Reset);
    }
}

/// Whether the transaction has set sequences.
pub fn has_set(touched: &[Touched<Oid>]) -> bool {
    touched.iter().any(|touched| touched.is(Mark::Moved) || touched.is(Mark::Reset))
}

/// The sequences that the transaction has set.
pub fn sequences(touched: &[Touched<Oid>]) -> Result<Vec<Oid>, Error> {
    let moved = touched.iter().filter(|touched| touched.is(Mark::Moved)).map(|touched| touched.table);
    let mut sequences: Vec<Oid> = moved.collect();
    if sequences.contains(&pg_sys::InvalidOid) {
        sequences.extend(select(SET, TEXT, "RowExclusiveLock".into())?);
    }
    if touched.iter().any(|touched| touched.is(Mark::Reset)) {
        // What the transaction has only drawn from it holds a weaker lock on.
        sequences.extend(select(SET, TEXT, "AccessExclusiveLock".into())?);
    }
    let mut seen = HashSet::new();
    sequences.retain(|oid| seen.insert(*oid));
    sequences.retain(|oid| names::relation_kind(*oid) == Some(pg_sys::RELKIND_SEQUENCE));
    Ok(sequences)
}

/// The tables that may draw from the sequence, except temporary ones, whose rows are not judged and which PREPARE TRANSACTION would
/// not forgive to have been opened, and empty ones: TRUNCATE … RESTART IDENTITY leaves little else.
pub fn tables(sequence: Oid) -> Result<Vec<Oid>, Error> {
    let users = Users::of(sequence);
    let owners = users.owners.iter().map(|((table, _), _)| *table);
    let mut tables: Vec<Oid> = owners.chain(users.defaults.iter().map(|((table, _), _)| *table)).collect();
    if users.has_domains {
        tables.extend(select(DOMAIN_COLUMNS, OID, sequence.into())?);
    }
    let mut seen = HashSet::new();
    tables.retain(|table| seen.insert(*table) && !schemas::is_temporary(*table) && !is_empty(*table));
    Ok(tables)
}

/// Whether the table is known to hold no row.
fn is_empty(table: Oid) -> bool {
    let relation = Relation::open_nowait(table, LockMode::AccessShare);
    relation.is_some_and(|relation| relation.kind() == pg_sys::RELKIND_RELATION && relation.size() == 0)
}

/// The OIDs in a query's first column; it has one argument, of this type.
fn select(query: &str, argument_type: PgOid, argument: DatumWithOid<'_>) -> Result<Vec<Oid>, Error> {
    subtransaction::discard(|| {
        Spi::connect(|client| {
            let rows = kept_plan::select(client, query, &[argument_type], &[argument])?;
            rows.map(|row| required(&row, 1)).collect()
        })
    })
}

/// Whether the guard looks after the table: all tables are watched, or its trigger fires; and it is not left out on purpose. Waits
/// for nobody; what cannot be found out does not keep a finding back.
pub fn is_looked_after(table: Oid, all: bool) -> bool {
    let ask = || {
        // The library may be at work where the extension was never created.
        let triggers = Functions::look_up().map(|functions| functions.triggers_of(table)).unwrap_or_default();
        let fires = || triggers.iter().any(|trigger| trigger.firing != Firing::Off);
        Ok(!triggers.iter().any(Trigger::is_left_out) && (all || fires()))
    };
    subtransaction::attempt(|| nowait(ask)).unwrap_or(true)
}

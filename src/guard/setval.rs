//! Finds the sequences that the transaction has set by setval, RESTART or restoring a position.
//!
//! A call of setval is noted when its statement starts. If the statement computes which sequence it
//! sets, the sequence is found among the transaction's locks at commit.

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

/// Notes that a statement is about to call setval on a sequence; `None` if it computes which one.
pub fn setting(sequence: Option<Oid>) {
    if settings::guard() != Guard::Off {
        // No sequence has this OID: it represents sequences that have to be found at commit.
        session::mark(sequence.unwrap_or(pg_sys::InvalidOid), Mark::Moved);
    }
}

/// Notes that a command has restarted sequences that it does not name.
pub fn resetting() {
    if settings::guard() != Guard::Off {
        session::mark(pg_sys::InvalidOid, Mark::Reset);
    }
}

/// Whether the transaction has set sequences.
pub fn has_set(touched: &[Touched<Oid>]) -> bool {
    touched.iter().any(|touched| touched.is(Mark::Moved) || touched.is(Mark::Reset))
}

/// Returns the sequences that the transaction has set.
pub fn sequences(touched: &[Touched<Oid>]) -> Result<Vec<Oid>, Error> {
    let moved = touched.iter().filter(|touched| touched.is(Mark::Moved)).map(|touched| touched.table);
    let mut sequences: Vec<Oid> = moved.collect();
    if sequences.contains(&pg_sys::InvalidOid) {
        sequences.extend(select(SET, TEXT, "RowExclusiveLock".into())?);
    }
    if touched.iter().any(|touched| touched.is(Mark::Reset)) {
        // The transaction holds a weaker lock on sequences that it has only drawn from.
        sequences.extend(select(SET, TEXT, "AccessExclusiveLock".into())?);
    }
    let mut seen = HashSet::new();
    sequences.retain(|oid| seen.insert(*oid));
    sequences.retain(|oid| names::relation_kind(*oid) == Some(pg_sys::RELKIND_SEQUENCE));
    Ok(sequences)
}

/// Returns the tables that may draw from the sequence. Leaves out temporary tables, which are not
/// judged and which PREPARE TRANSACTION does not allow to be opened, and empty tables, which are
/// usually what TRUNCATE … RESTART IDENTITY leaves.
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

/// Whether the table is known to have no rows.
fn is_empty(table: Oid) -> bool {
    let relation = Relation::open_nowait(table, LockMode::AccessShare);
    relation.is_some_and(|relation| relation.kind() == pg_sys::RELKIND_RELATION && relation.size() == 0)
}

/// Returns the OIDs in a query's first column. The query has one argument, of this type.
fn select(query: &str, argument_type: PgOid, argument: DatumWithOid<'_>) -> Result<Vec<Oid>, Error> {
    subtransaction::discard(|| {
        Spi::connect(|client| {
            let rows = kept_plan::select(client, query, &[argument_type], &[argument])?;
            rows.map(|row| required(&row, 1)).collect()
        })
    })
}

/// Whether the guard watches the table: all tables are watched or the table's trigger fires, and
/// the table is not left out on purpose. Does not wait for locks. True if this could not be
/// determined, so that no finding is suppressed.
pub fn is_watched(table: Oid, all: bool) -> bool {
    let ask = || {
        // The library may be loaded in a database without the extension.
        let triggers = Functions::look_up().map(|functions| functions.triggers_of(table)).unwrap_or_default();
        let fires = || triggers.iter().any(|trigger| trigger.firing != Firing::Off);
        Ok(!triggers.iter().any(Trigger::is_left_out) && (all || fires()))
    };
    subtransaction::attempt(|| nowait(ask)).unwrap_or(true)
}

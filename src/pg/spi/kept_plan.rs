//! Keeps the plans of queries that a session runs often, as PL/pgSQL does.

use crate::error::Error;
use crate::pg::settings::by_index;
use pgrx::datum::DatumWithOid;
use pgrx::pg_sys::PgOid;
use pgrx::spi::{OwnedPreparedStatement, SpiClient, SpiTupleTable};
use std::cell::RefCell;
use std::collections::HashMap;

thread_local! {
    /// Never freed: at the end of a session, nothing could free them any more.
    static PLANS: RefCell<HashMap<String, &'static OwnedPreparedStatement>> = RefCell::default();
}

/// Runs a query that reads only catalogs, by their indexes. Its plan is kept for the session; the
/// server plans again if a catalog that it reads is altered.
pub fn select<'c>(
    client: &SpiClient<'c>,
    query: &str,
    types: &[PgOid],
    arguments: &[DatumWithOid<'_>],
) -> Result<SpiTupleTable<'c>, Error> {
    by_index(|| select_by_index(client, query, types, arguments))
}

fn select_by_index<'c>(
    client: &SpiClient<'c>,
    query: &str,
    types: &[PgOid],
    arguments: &[DatumWithOid<'_>],
) -> Result<SpiTupleTable<'c>, Error> {
    let known = PLANS.with_borrow(|plans| plans.get(query).copied());
    let plan = match known {
        Some(plan) => plan,
        None => {
            let plan: &'static OwnedPreparedStatement = Box::leak(Box::new(client.prepare(query, types)?.keep()));
            PLANS.with_borrow_mut(|plans| plans.insert(query.to_owned(), plan));
            plan
        }
    };
    Ok(client.select(plan, None, arguments)?)
}

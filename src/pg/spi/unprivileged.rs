//! Runs queries over users' tables without any role's privileges.
//!
//! Planning a query evaluates expressions that the owners of its tables have put into index
//! predicates, CHECK constraints, partition keys and statistics, and executing it runs their casts
//! and operators. None of this code may get the privileges of the calling role, which may be a
//! superuser. A table is read with its owner's privileges, which is also how a foreign partition
//! would be fetched. The callers of this module check whether the calling role may read the table.
//! Functions are not inlined: that requires privileges of the role that plans. A query that cannot
//! be planned without these privileges is planned once more with the expressions hidden:
//! `hidden_expressions`.

use crate::error::Error;
use crate::pg::barrier;
use crate::pg::encoded_text;
use crate::pg::function_check::Calls;
use crate::pg::hidden_expressions::{hiding, if_hiding};
use crate::pg::inlining::{forget, without_inlining};
use crate::pg::list::{oids, pointers};
use crate::pg::lock_budget;
use crate::pg::nodes::nodes;
use crate::pg::relation::Relation;
use crate::pg::run_as::{SUPERUSER, run_as};
use crate::pg::settings::{with_pinned_search_path, without_constraint_exclusion};
use pgrx::pg_sys::{self, NodeTag, Oid};
use pgrx::{PgSqlErrorCode, Spi};
use std::ffi::{CStr, CString};

/// No role has this OID, and none will: initdb gives 10 to its superuser, the system's other roles
/// have fixed OIDs, and all others are above 16383. It has only the privileges of PUBLIC.
const UNPRIVILEGED: Oid = Oid::from_u32(1);

/// How many times a query is tried if a table changes between analyzing and planning.
const ATTEMPTS: usize = 3;

/// Rows of texts as the types' output functions write them, in the database's encoding.
pub type Rows = Vec<Vec<Option<CString>>>;

/// A table that a query may read.
struct Readable {
    table: Oid,
    owner: Oid,
}

/// Returns the rows of a SELECT that reads only `tables`, bypassing row security. All code that it
/// runs has only the privileges of PUBLIC. Uses parallel workers where the planner would. To be
/// called in a subtransaction that is rolled back, inside `with_retries`, after checking the
/// calling role's privileges while these tables are open.
///
/// Errors: 42501 if one of the tables is changed at this moment, since the statement is then
/// analyzed once more without privileges. 55006 if one of the names now belongs to another table,
/// or to a view. 42725 if the statement calls other functions than `calls` allows, which would
/// receive rows that their owners may not read.
pub fn select(statement: &str, tables: &[&Relation], calls: Calls) -> Result<Rows, Error> {
    let zero_byte = || Error::new(PgSqlErrorCode::ERRCODE_INTERNAL_ERROR, "statement contains a null byte");
    let text = encoded_text::encode_c(statement).ok_or_else(zero_byte)?;
    let readable = tables.iter().map(|table| Readable { table: table.oid(), owner: table.form().relowner });
    let readable: Vec<Readable> = readable.collect();
    Spi::connect(|_client| {
        // In the caller's search_path, the role without privileges might use fewer schemas, and the
        // statement would be analyzed again.
        with_pinned_search_path(|| {
            // Analyzing looks names up. It would run users' code where a constant's type has been
            // given a CHECK since the statement was written.
            let plan = run_as(SUPERUSER, || barrier::guarded(|| prepare(&text, &readable, calls)))?;
            without_constraint_exclusion(|| {
                run_as(UNPRIVILEGED, || without_inlining(|| if_hiding(tables, || execute(plan))))
            })
        })
    })
}

/// Repeats `work` if a table was changed between analyzing and planning a query over it, or if a
/// name or a privilege was missing. When it repeats, it hides the owners' expressions from the
/// planner, and locks the partitions and indexes of the tables beforehand.
pub fn with_retries<T>(work: impl Fn() -> Result<T, Error>) -> Result<T, Error> {
    let outcome = once(&work);
    if !outcome.as_ref().is_err_and(|error| is_access_rule_violation(error.sqlstate)) {
        return outcome;
    }
    hiding(|| {
        for _ in 2..ATTEMPTS {
            pgrx::check_for_interrupts!();
            match once(&work) {
                Err(error) if error.sqlstate == PgSqlErrorCode::ERRCODE_INSUFFICIENT_PRIVILEGE => {}
                outcome => return outcome,
            }
        }
        once(&work)
    })
}

/// Whether the error is of class 42, by `ERRCODE_TO_CATEGORY` in utils/elog.h.
fn is_access_rule_violation(sqlstate: PgSqlErrorCode) -> bool {
    let category = |sqlstate: PgSqlErrorCode| sqlstate as i32 & ((1 << 12) - 1);
    category(sqlstate) == category(PgSqlErrorCode::ERRCODE_SYNTAX_ERROR_OR_ACCESS_RULE_VIOLATION)
}

fn once<T>(work: impl Fn() -> Result<T, Error>) -> Result<T, Error> {
    let outcome = work();
    forget();
    outcome.inspect_err(lock_budget::note)
}

fn prepare(text: &CStr, tables: &[Readable], calls: Calls) -> Result<pg_sys::SPIPlanPtr, Error> {
    let options = pg_sys::CURSOR_OPT_PARALLEL_OK as i32;
    // SAFETY: connected to SPI; a C string, and no parameters. The changes to the plan's query are
    // those that the rewriter makes for a view's tables; `dependsOnRLS` only tells whether row
    // security depends on the role that runs it.
    unsafe {
        let plan = pg_sys::SPI_prepare_cursor(text.as_ptr(), 0, std::ptr::null_mut(), options);
        if plan.is_null() {
            return Err(failed("prepare", pg_sys::SPI_result));
        }
        for source in pointers::<pg_sys::CachedPlanSource>(pg_sys::SPI_plan_get_plan_sources(plan)) {
            // A table that was renamed concurrently must not be replaced by another one. This list
            // includes the tables below views.
            if !oids(source.relationOids).all(|oid| tables.iter().any(|readable| readable.table == oid)) {
                let replaced = "the table was replaced concurrently";
                return Err(Error::new(PgSqlErrorCode::ERRCODE_OBJECT_IN_USE, replaced));
            }
            for query in pointers::<pg_sys::Query>(source.query_list) {
                let query = std::ptr::from_ref(query).cast_mut();
                calls.check(query)?;
                for node in nodes(query) {
                    if (*node).type_ == NodeTag::T_Query {
                        read_as_owner(node.cast(), tables);
                    }
                }
            }
            (*std::ptr::from_ref(source).cast_mut()).dependsOnRLS = false;
        }
        Ok(plan)
    }
}

/// Makes the query read each of the tables as its owner.
///
/// # Safety
/// `query` must be an analyzed query.
unsafe fn read_as_owner(query: *mut pg_sys::Query, tables: &[Readable]) {
    // SAFETY: the caller guarantees the query.
    unsafe {
        #[cfg(not(since_16))]
        let entries = pointers::<pg_sys::RangeTblEntry>((*query).rtable);
        #[cfg(since_16)]
        let entries = pointers::<pg_sys::RTEPermissionInfo>((*query).rteperminfos);
        for entry in entries {
            if let Some(readable) = tables.iter().find(|readable| readable.table == entry.relid) {
                (*std::ptr::from_ref(entry).cast_mut()).checkAsUser = readable.owner;
            }
        }
    }
}

fn execute(plan: pg_sys::SPIPlanPtr) -> Result<Rows, Error> {
    // SAFETY: prepared above without parameters; a row limit would turn parallel plans off, so
    // there is none.
    let outcome = unsafe { pg_sys::SPI_execute_plan(plan, std::ptr::null_mut(), std::ptr::null(), true, 0) };
    if outcome != pg_sys::SPI_OK_SELECT as i32 {
        return Err(failed("execute", outcome));
    }
    // SAFETY: a SELECT has left a table with this many rows, which SPI frees.
    unsafe {
        let Some(table) = pg_sys::SPI_tuptable.as_ref() else { return Ok(Rows::new()) };
        let count = usize::try_from(pg_sys::SPI_processed).unwrap_or(0);
        let columns = (*table.tupdesc).natts;
        let row = |index| (1..=columns).map(|column| value(*table.vals.add(index), table.tupdesc, column)).collect();
        Ok((0..count).map(row).collect())
    }
}

/// Returns a column of a row as text.
///
/// # Safety
/// `row` must be a row that SPI returned, with its description and the number of one of its
/// columns.
unsafe fn value(row: pg_sys::HeapTuple, description: pg_sys::TupleDesc, column: i32) -> Option<CString> {
    // SAFETY: the caller guarantees a row with this column; the result is null, or a palloc'd C
    // string.
    unsafe {
        let text = pg_sys::SPI_getvalue(row, description, column);
        (!text.is_null()).then(|| CStr::from_ptr(text).to_owned())
    }
}

fn failed(what: &str, code: i32) -> Error {
    Error::new(PgSqlErrorCode::ERRCODE_INTERNAL_ERROR, format!("SPI could not {what} a query: {code}"))
}

//! Queries over users' tables that run with nobody's rights.
//!
//! Planning a query evaluates what owners of its tables have put into index predicates, CHECK constraints, partition keys and
//! statistics, and executing it runs casts and operators of theirs. None of it may get the rights of whoever asks, who may be a
//! superuser. A table is read with its owner's rights, which is also how a foreign partition would be fetched. Whether the caller may
//! read it is for the caller of this module to see to. No function is expanded in place: that takes rights of whoever plans. A query that
//! cannot be planned with these rights is planned once more without sight of the expressions: `hidden_expressions`.

use crate::error::Error;
use crate::pg::encoded_text;
use crate::pg::function_check::Calls;
use crate::pg::hidden_expressions::{hiding, if_hiding};
use crate::pg::inlining::{forget, without_inlining};
use crate::pg::list::{oids, pointers};
use crate::pg::lock_budget;
use crate::pg::relation::Relation;
use crate::pg::run_as::{SUPERUSER, run_as};
use crate::pg::settings::{with_pinned_search_path, without_constraint_exclusion};
use pgrx::pg_sys::{self, Node, NodeTag, Oid};
use pgrx::{PgSqlErrorCode, Spi};
use std::ffi::{CStr, CString, c_void};

/// No role has this OID, nor will one: initdb gives 10 to its superuser, and the catalogs' own are below 16384. It has what is
/// granted to PUBLIC.
const NOBODY: Oid = Oid::from_u32(1);

/// How often a table may be changed between analyzing and planning.
const ATTEMPTS: usize = 3;

/// Rows of texts, as the types' output functions spell them, in the database's encoding.
pub type Rows = Vec<Vec<Option<CString>>>;

/// A table that a query may read.
struct Readable {
    table: Oid,
    owner: Oid,
}

/// The rows of a SELECT that reads `tables` and no others, past row security, while all code that it runs has the rights of PUBLIC
/// alone. Uses parallel workers where the planner would. To be called in a subtransaction that is undone, inside `with_retries`, by who
/// has looked at the caller's privileges with these tables open.
///
/// 42501 if a table of it is changed at this very moment: the statement is then analyzed once more, as nobody. 55006 if one of the names
/// is another table's by now, or a view's. 42725 if it calls other functions than `calls` says: they would be given rows that their owners
/// may not read.
pub fn select(statement: &str, tables: &[&Relation], calls: Calls) -> Result<Rows, Error> {
    let zero_byte = || Error::new(PgSqlErrorCode::ERRCODE_INTERNAL_ERROR, "a statement with a zero byte");
    let text = encoded_text::encode_c(statement).ok_or_else(zero_byte)?;
    let readable = tables.iter().map(|table| Readable { table: table.oid(), owner: table.form().relowner });
    let readable: Vec<Readable> = readable.collect();
    Spi::connect(|_client| {
        // Of the caller's path nobody may use less, which would have the statement analyzed again.
        with_pinned_search_path(|| {
            // Analyzing looks names up and runs nobody's code.
            let plan = run_as(SUPERUSER, || prepare(&text, &readable, calls))?;
            without_constraint_exclusion(|| run_as(NOBODY, || without_inlining(|| if_hiding(tables, || execute(plan)))))
        })
    })
}

/// Does it again where a table was changed between analyzing and planning a query over it, and where a name or a right was missing: the
/// owners' expressions are then hidden from the planner. Locks the partitions and indexes of the tables beforehand then.
pub fn with_retries<T>(work: impl Fn() -> Result<T, Error>) -> Result<T, Error> {
    let outcome = once(&work);
    if !outcome.as_ref().is_err_and(|error| misses_name_or_right(error.sqlstate)) {
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

/// Whether it is of class 42, by `ERRCODE_TO_CATEGORY` in utils/elog.h.
fn misses_name_or_right(sqlstate: PgSqlErrorCode) -> bool {
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
    // SAFETY: connected to SPI; a C string, and no parameters. What is set in the plan's query is what the rewriter sets in it for
    // a view's tables, and whether who runs it matters to row security.
    unsafe {
        let plan = pg_sys::SPI_prepare_cursor(text.as_ptr(), 0, std::ptr::null_mut(), options);
        if plan.is_null() {
            return Err(failed("prepare", pg_sys::SPI_result));
        }
        for source in pointers::<pg_sys::CachedPlanSource>(pg_sys::SPI_plan_get_plan_sources(plan)) {
            // Whoever renames a table must not have another one read in its place; those under a view are in this list, too.
            if !oids(source.relationOids).all(|oid| tables.iter().any(|readable| readable.table == oid)) {
                let replaced = "it was replaced while it was looked at";
                return Err(Error::new(PgSqlErrorCode::ERRCODE_OBJECT_IN_USE, replaced));
            }
            let context = std::ptr::from_ref(&tables).cast_mut().cast::<c_void>();
            for query in pointers::<pg_sys::Query>(source.query_list) {
                let query = std::ptr::from_ref(query).cast_mut();
                calls.check(query)?;
                pg_sys::ffi::pg_guard_ffi_boundary(|| read_as_owner(query.cast(), context));
            }
            (*std::ptr::from_ref(source).cast_mut()).dependsOnRLS = false;
        }
        Ok(plan)
    }
}

/// Has the query below `node` and all in it read each table as its owner.
///
/// # Safety
/// A node, or null; `context` points to a slice of the tables that may be read.
unsafe extern "C-unwind" fn read_as_owner(node: *mut Node, context: *mut c_void) -> bool {
    // SAFETY: the caller's promise; the tag tells what the node is.
    unsafe {
        if node.is_null() {
            return false;
        }
        if (*node).type_ != NodeTag::T_Query {
            return pg_sys::expression_tree_walker(node, Some(read_as_owner), context);
        }
        let (query, tables) = (node.cast::<pg_sys::Query>(), *context.cast::<&[Readable]>());
        #[cfg(feature = "pg15")]
        let entries = pointers::<pg_sys::RangeTblEntry>((*query).rtable);
        #[cfg(not(feature = "pg15"))]
        let entries = pointers::<pg_sys::RTEPermissionInfo>((*query).rteperminfos);
        for entry in entries {
            if let Some(readable) = tables.iter().find(|readable| readable.table == entry.relid) {
                (*std::ptr::from_ref(entry).cast_mut()).checkAsUser = readable.owner;
            }
        }
        pg_sys::query_tree_walker(query, Some(read_as_owner), context, 0)
    }
}

fn execute(plan: pg_sys::SPIPlanPtr) -> Result<Rows, Error> {
    // SAFETY: prepared above without parameters; no limit, which would turn parallel plans off.
    let outcome = unsafe { pg_sys::SPI_execute_plan(plan, std::ptr::null_mut(), std::ptr::null(), true, 0) };
    if outcome != pg_sys::SPI_OK_SELECT as i32 {
        return Err(failed("execute", outcome));
    }
    // SAFETY: a SELECT has left a table of so many rows, which SPI frees.
    unsafe {
        let Some(table) = pg_sys::SPI_tuptable.as_ref() else { return Ok(Rows::new()) };
        let count = usize::try_from(pg_sys::SPI_processed).unwrap_or(0);
        let columns = (*table.tupdesc).natts;
        let row = |index| (1..=columns).map(|column| value(*table.vals.add(index), table.tupdesc, column)).collect();
        Ok((0..count).map(row).collect())
    }
}

/// # Safety
/// A row that SPI returned, its description and the number of one of its columns.
unsafe fn value(row: pg_sys::HeapTuple, description: pg_sys::TupleDesc, column: i32) -> Option<CString> {
    // SAFETY: the caller's promise; null, or a palloc'd C string.
    unsafe {
        let text = pg_sys::SPI_getvalue(row, description, column);
        (!text.is_null()).then(|| CStr::from_ptr(text).to_owned())
    }
}

fn failed(what: &str, code: i32) -> Error {
    Error::new(PgSqlErrorCode::ERRCODE_INTERNAL_ERROR, format!("SPI could not {what} a query: {code}"))
}

//! Runs COPY … FROM STDIN with data that follows in the script, as DoCopy in commands/copy.c does
//! with data that the client sends.

use super::outside;
use crate::error::Error;
use crate::pg::list::pointers;
use crate::pg::parser::raw::Parsed;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::pg_sys::{self, CopyStmt, NodeTag};
use pgrx::{PgLogLevel, PgSqlErrorCode};
use std::cell::Cell;
use std::ffi::{CStr, c_int, c_void};
use std::ptr;

thread_local! {
    /// What is left of the data.
    static DATA: Cell<(*const u8, usize)> = const { Cell::new((ptr::null(), 0)) };
}

/// Copies the data into the table that the statement names, and returns how many rows were copied.
/// To be called in a subtransaction and within `raised::catch`.
pub fn run(parsed: &Parsed, data: &[u8]) -> Option<i64> {
    DATA.set((data.as_ptr(), data.len()));
    let rows = parsed.context().within(|| {
        let statement = parsed.raw().next()?;
        // SAFETY: the tag says which node it is.
        let copy = unsafe { statement.stmt.cast::<CopyStmt>().as_ref() }?;
        if copy.type_ != NodeTag::T_CopyStmt {
            return None;
        }
        if let Some(reason) = unsupported(copy) {
            ErrorReport::from(outside::refuse(reason.to_owned(), true)).report(PgLogLevel::ERROR);
        }
        // SAFETY: a COPY from the client with its parse tree.
        Some(unsafe { copy_from(copy, parsed.text()) })
    });
    DATA.set((ptr::null(), 0));
    rows
}

/// Returns why the data cannot be copied as the real run does.
fn unsupported(copy: &CopyStmt) -> Option<&'static str> {
    // SAFETY: the options are a list of DefElem with names.
    let has = |name: &CStr| unsafe {
        pointers::<pg_sys::DefElem>(copy.options).any(|option| CStr::from_ptr(option.defname) == name)
    };
    if !copy.is_from || !copy.filename.is_null() || copy.relation.is_null() {
        return Some("COPY was not understood.");
    }
    if has(c"freeze") {
        return Some("COPY FREEZE requires a table that the same subtransaction has created or truncated.");
    }
    if has(c"encoding") || !copy.whereClause.is_null() {
        return Some("COPY FROM STDIN with ENCODING or WHERE reads data that the client sends.");
    }
    None
}

/// # Safety
/// The statement must be a COPY from the client into a table.
unsafe fn copy_from(copy: &CopyStmt, text: &CStr) -> i64 {
    let lock = pg_sys::RowExclusiveLock as pg_sys::LOCKMODE;
    // SAFETY: takes the steps of DoCopy in its order; an error leaves the rest to the rollback.
    unsafe {
        pg_sys::PushActiveSnapshot(pg_sys::GetTransactionSnapshot());
        let table = pg_sys::table_openrv(copy.relation, lock);
        let state = pg_sys::make_parsestate(ptr::null_mut());
        (*state).p_sourcetext = text.as_ptr();
        let item = pg_sys::addRangeTableEntryForRelation(state, table, lock, ptr::null_mut(), false, false);
        check_privileges(copy, table, state, item);
        refuse_row_security((*table).rd_id);
        let encoding = pg_sys::makeDefElem(
            c"encoding".as_ptr().cast_mut(),
            pg_sys::makeString(pg_sys::GetDatabaseEncodingName().cast_mut()).cast(),
            -1,
        );
        let options = pg_sys::lappend(pg_sys::list_copy(copy.options), encoding.cast());
        let none = ptr::null_mut();
        let from = pg_sys::BeginCopyFrom(state, table, none, ptr::null(), false, Some(read), copy.attlist, options);
        let rows = pg_sys::CopyFrom(from);
        pg_sys::EndCopyFrom(from);
        pg_sys::free_parsestate(state);
        pg_sys::table_close(table, pg_sys::NoLock as pg_sys::LOCKMODE);
        pg_sys::PopActiveSnapshot();
        pg_sys::CommandCounterIncrement();
        i64::try_from(rows).unwrap_or(i64::MAX)
    }
}

/// Raises 42501 unless the current user may insert into these columns.
///
/// # Safety
/// The table must be open, and the item its range table entry.
unsafe fn check_privileges(
    copy: &CopyStmt,
    table: pg_sys::Relation,
    state: *mut pg_sys::ParseState,
    item: *mut pg_sys::ParseNamespaceItem,
) {
    // SAFETY: see above; the list has the numbers of columns.
    unsafe {
        #[cfg(not(since_16))]
        let target = (*item).p_rte;
        #[cfg(since_16)]
        let target = (*item).p_perminfo;
        (*target).requiredPerms = pg_sys::ACL_INSERT as pg_sys::AclMode;
        let columns = pg_sys::CopyGetAttnums((*table).rd_att, table, copy.attlist);
        for index in 0..columns.as_ref().map_or(0, |list| usize::try_from(list.length).unwrap_or(0)) {
            let number = (*(*columns).elements.add(index)).int_value - pg_sys::FirstLowInvalidHeapAttributeNumber;
            (*target).insertedCols = pg_sys::bms_add_member((*target).insertedCols, number);
        }
        #[cfg(not(since_16))]
        pg_sys::ExecCheckRTPerms((*state).p_rtable, true);
        #[cfg(since_16)]
        pg_sys::ExecCheckPermissions((*state).p_rtable, (*state).p_rteperminfos, true);
    }
}

/// Raises 0A000 if row security applies to the current user, as DoCopy does.
fn refuse_row_security(table: pg_sys::Oid) {
    // SAFETY: an open table.
    let applies = unsafe { pg_sys::check_enable_rls(table, pg_sys::InvalidOid, false) };
    if applies == pg_sys::CheckEnableRlsResult::RLS_ENABLED as i32 {
        let message = "COPY FROM not supported with row-level security";
        let error = Error::new(PgSqlErrorCode::ERRCODE_FEATURE_NOT_SUPPORTED, message);
        ErrorReport::from(error.hint("Use INSERT statements instead.")).report(PgLogLevel::ERROR);
    }
}

/// Hands the next bytes of the data to the server.
///
/// # Safety
/// Called by CopyFrom with a buffer of at least `most` bytes.
unsafe extern "C-unwind" fn read(buffer: *mut c_void, _least: c_int, most: c_int) -> c_int {
    let (at, left) = DATA.get();
    let count = left.min(usize::try_from(most).unwrap_or(0));
    // SAFETY: the data outlives the COPY, and the buffer has room for `most` bytes.
    unsafe {
        ptr::copy_nonoverlapping(at, buffer.cast::<u8>(), count);
        DATA.set((at.add(count), left - count));
    }
    c_int::try_from(count).unwrap_or(0)
}

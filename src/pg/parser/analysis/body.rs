//! Analyzes the body of a function in language SQL.

use super::{Failure, Scope, apart};
use crate::pg::encoded_text::encode_c;
use crate::pg::list::pointers;
use crate::pg::parser::tree::{self, Raw};
use pgrx::pg_sys::{self, Oid, ParseState};
use std::ffi::{CStr, CString, c_char, c_int, c_void};

/// SQLFunctionParseInfo of executor/functions.h, which pgrx does not bind.
#[repr(C)]
struct ParseInfo {
    name: *const c_char,
    count: c_int,
    types: *mut Oid,
    names: *mut *const c_char,
    collation: Oid,
}

unsafe extern "C-unwind" {
    // Declared in executor/functions.h as well.
    fn sql_fn_parser_setup(state: *mut ParseState, info: *mut c_void);
}

/// Analyzes one statement of a body, as sql_function's validator does (fmgr_sql_validator in
/// catalog/pg_proc.c). `parameters` are the names and types of the input arguments. Returns the
/// types of the result's columns; `None` for a statement that returns no rows.
pub fn analyze_body(
    raw: Raw<'_>,
    text: &CStr,
    scope: &Scope,
    parameters: &[(Option<String>, Oid)],
    function: &str,
) -> Result<Option<Vec<Oid>>, Failure> {
    let names: Vec<CString> =
        parameters.iter().map(|(name, _)| encode_c(name.as_deref().unwrap_or_default()).unwrap_or_default()).collect();
    let mut name_pointers: Vec<*const c_char> = names.iter().map(|name| name.as_ptr()).collect();
    let mut types: Vec<Oid> = parameters.iter().map(|(_, oid)| *oid).collect();
    let function = encode_c(function).unwrap_or_default();
    let mut info = ParseInfo {
        name: function.as_ptr(),
        count: c_int::try_from(types.len()).unwrap_or(0),
        types: types.as_mut_ptr(),
        names: name_pointers.as_mut_ptr(),
        collation: Oid::INVALID,
    };
    apart(scope, || {
        let statement = tree::build::statement(tree::build::copy(raw));
        // SAFETY: a parse tree of this call's own, and its text; `info` and what it points to
        // outlive the analysis.
        unsafe {
            let query = pg_sys::parse_analyze_withcb(
                statement,
                text.as_ptr(),
                Some(sql_fn_parser_setup),
                (&raw mut info).cast::<c_void>(),
                std::ptr::null_mut(),
            );
            columns(&*query)
        }
    })
}

/// Returns the types of the columns that the query returns.
///
/// # Safety
/// `query` must be an analyzed query.
unsafe fn columns(query: &pg_sys::Query) -> Option<Vec<Oid>> {
    let list = match query.commandType {
        pg_sys::CmdType::CMD_SELECT => query.targetList,
        pg_sys::CmdType::CMD_UTILITY => return None,
        _ if query.returningList.is_null() => return None,
        _ => query.returningList,
    };
    // SAFETY: the caller guarantees the query, and the server the types of its parts.
    unsafe {
        let shown = pointers::<pg_sys::TargetEntry>(list).filter(|entry| !entry.resjunk);
        Some(shown.map(|entry| pg_sys::exprType(entry.expr.cast())).collect())
    }
}

//! Checks which functions a query calls. In the extension's schema, any role with CREATE may add a
//! function with just these argument types, and PostgreSQL would prefer it to the extension's
//! function for arguments of any type.

use crate::error::Error;
use crate::pg::encoded_text;
use crate::pg::names::FIRST_USER_OID;
use pgrx::PgSqlErrorCode;
use pgrx::pg_sys::{self, Node, NodeTag, Oid};
use std::ffi::{CStr, c_void};

/// Which functions a query may call by name, in addition to the server's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Calls {
    /// Any function: casts and operators of users' types are users' functions.
    Any,
    /// Functions of this extension.
    Ours,
}

impl Calls {
    /// Returns 42725 if the query calls any other function.
    ///
    /// # Safety
    /// `query` must be analyzed.
    pub(in crate::pg) unsafe fn check(self, query: *mut pg_sys::Query) -> Result<(), Error> {
        if self == Calls::Any {
            return Ok(());
        }
        let mut called: Vec<Oid> = Vec::new();
        // SAFETY: the caller guarantees an analyzed query; the walker's context is a vector, as
        // `collect` requires. The extension's name is a C string.
        let (ours, other) = unsafe {
            let context = std::ptr::from_mut(&mut called).cast::<c_void>();
            pg_sys::ffi::pg_guard_ffi_boundary(|| collect(query.cast(), context));
            let ours = pg_sys::get_extension_oid(c"pg_flightcheck".as_ptr(), true);
            let of = |function| pg_sys::getExtensionOfObject(pg_sys::ProcedureRelationId, function);
            let mut of_users = called.into_iter().filter(|function| function.to_u32() >= FIRST_USER_OID);
            (ours, of_users.find(|function| of(*function) != ours))
        };
        match other {
            None if ours != pg_sys::InvalidOid => Ok(()),
            None => Err(Error::new(
                PgSqlErrorCode::ERRCODE_UNDEFINED_OBJECT,
                "extension \"pg_flightcheck\" is not installed",
            )),
            Some(function) => Err(shadowing_function(function)),
        }
    }
}

fn shadowing_function(function: Oid) -> Error {
    // SAFETY: returns a palloc'd C string, with the function's OID if it no longer exists.
    let name = unsafe { CStr::from_ptr(pg_sys::format_procedure_qualified(function)) };
    let name = encoded_text::decode(name.to_bytes());
    let message = format!("another function would be called in place of the extension's: DROP FUNCTION {name}");
    Error::new(PgSqlErrorCode::ERRCODE_AMBIGUOUS_FUNCTION, message)
}

/// Collects the functions called by name in `node` and everything below it.
///
/// # Safety
/// `node` must be a node or null; `context` must point to a vector of OIDs.
unsafe extern "C-unwind" fn collect(node: *mut Node, context: *mut c_void) -> bool {
    // SAFETY: the caller guarantees a node or null; the tag identifies it.
    unsafe {
        if node.is_null() {
            return false;
        }
        match (*node).type_ {
            NodeTag::T_Query => return pg_sys::query_tree_walker(node.cast(), Some(collect), context, 0),
            NodeTag::T_FuncExpr => (*context.cast::<Vec<Oid>>()).push((*node.cast::<pg_sys::FuncExpr>()).funcid),
            NodeTag::T_Aggref => (*context.cast::<Vec<Oid>>()).push((*node.cast::<pg_sys::Aggref>()).aggfnoid),
            _ => {}
        }
        pg_sys::expression_tree_walker(node, Some(collect), context)
    }
}

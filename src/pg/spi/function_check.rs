//! Checks which functions a query calls. In the extension's schema, any role with CREATE may add a
//! function with just these argument types, and PostgreSQL would prefer it to the extension's
//! function for arguments of any type.

use crate::error::Error;
use crate::pg::encoded_text;
use crate::pg::names::FIRST_USER_OID;
use crate::pg::nodes::nodes;
use pgrx::PgSqlErrorCode;
use pgrx::pg_sys::{self, Node, NodeTag, Oid};
use std::ffi::CStr;

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
        // SAFETY: the caller guarantees an analyzed query. The extension's name is a C string.
        let (ours, other) = unsafe {
            let called = nodes(query).into_iter().filter_map(|node| called(node));
            let ours = pg_sys::get_extension_oid(c"pg_flightcheck".as_ptr(), true);
            let of = |function| pg_sys::getExtensionOfObject(pg_sys::ProcedureRelationId, function);
            let mut of_users = called.filter(|function| function.to_u32() >= FIRST_USER_OID);
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

/// Returns the function that the node calls by name.
///
/// # Safety
/// `node` must be part of an analyzed query.
unsafe fn called(node: *mut Node) -> Option<Oid> {
    // SAFETY: the caller guarantees the node; the tag identifies it.
    unsafe {
        match (*node).type_ {
            NodeTag::T_FuncExpr => Some((*node.cast::<pg_sys::FuncExpr>()).funcid),
            NodeTag::T_Aggref => Some((*node.cast::<pg_sys::Aggref>()).aggfnoid),
            _ => None,
        }
    }
}

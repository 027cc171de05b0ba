//! Which functions a query calls. A name followed by arguments of just these types finds the function of any role that may create one
//! in the schema sooner than one for arguments of any type.

use crate::error::Error;
use crate::pg::encoded_text;
use crate::pg::names::FIRST_USER_OID;
use pgrx::PgSqlErrorCode;
use pgrx::pg_sys::{self, Node, NodeTag, Oid};
use std::ffi::{CStr, c_void};

/// Which functions a query may call by name, apart from the server's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Calls {
    /// Casts and operators of users' types are functions of theirs.
    Any,
    /// Those of this extension.
    Ours,
}

impl Calls {
    /// 42725 if the query calls another.
    ///
    /// # Safety
    /// An analyzed query.
    pub(in crate::pg) unsafe fn check(self, query: *mut pg_sys::Query) -> Result<(), Error> {
        if self == Calls::Any {
            return Ok(());
        }
        let mut called: Vec<Oid> = Vec::new();
        // SAFETY: the caller's promise; the vector is what the walker takes the context for. The extension's name is a C string.
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
            Some(function) => Err(in_the_way(function)),
        }
    }
}

fn in_the_way(function: Oid) -> Error {
    // SAFETY: returns a palloc'd C string, of the function's number if it is gone.
    let name = unsafe { CStr::from_ptr(pg_sys::format_procedure_qualified(function)) };
    let name = encoded_text::decode(name.to_bytes());
    let message = format!("a function that is not the extension's would be called: DROP FUNCTION {name}");
    Error::new(PgSqlErrorCode::ERRCODE_AMBIGUOUS_FUNCTION, message)
}

/// Adds the functions called by name in the query below `node` and all in it.
///
/// # Safety
/// A node, or null; `context` points to a vector of OIDs.
unsafe extern "C-unwind" fn collect(node: *mut Node, context: *mut c_void) -> bool {
    // SAFETY: the caller's promise; the tag tells what the node is.
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

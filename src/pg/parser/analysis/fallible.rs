//! Expressions that fail for some rows: conversions, divisions, and subqueries in place of a value.

use crate::pg::list::pointers;
use pgrx::pg_sys::{self, BuiltinOid, CoercionForm, Node, NodeTag, Oid};
use std::ffi::CStr;

/// What makes evaluating an expression fail for some rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fallible {
    Conversion,
    Division,
    Subquery,
}

impl Fallible {
    /// Returns what may happen, for a finding.
    pub fn reason(self) -> &'static str {
        match self {
            Fallible::Conversion => "a conversion may fail for some values",
            Fallible::Division => "a divisor may be zero",
            Fallible::Subquery => "a subquery in place of a value may return more than one row",
        }
    }
}

/// Returns why evaluating the node, without its arguments, fails for some values.
///
/// # Safety
/// `node` must be part of an analyzed query.
pub(super) unsafe fn may_fail(node: *mut Node) -> Option<Fallible> {
    // SAFETY: the caller guarantees the node, whose tag identifies its type.
    let (fails, reason) = unsafe {
        match (*node).type_ {
            NodeTag::T_CoerceToDomain => (true, Fallible::Conversion),
            NodeTag::T_CoerceViaIO => {
                (!is_text((*node.cast::<pg_sys::CoerceViaIO>()).resulttype), Fallible::Conversion)
            }
            NodeTag::T_FuncExpr => (is_narrowing(&*node.cast()), Fallible::Conversion),
            NodeTag::T_OpExpr => (divides(&*node.cast()), Fallible::Division),
            NodeTag::T_SubLink => (may_return_rows(&*node.cast()), Fallible::Subquery),
            _ => return None,
        }
    };
    fails.then_some(reason)
}

fn is_one_of(oid: Oid, types: &[BuiltinOid]) -> bool {
    types.iter().any(|type_| type_.value() == oid)
}

fn is_text(oid: Oid) -> bool {
    is_one_of(oid, &[BuiltinOid::TEXTOID, BuiltinOid::VARCHAROID, BuiltinOid::BPCHAROID, BuiltinOid::NAMEOID])
}

/// Whether the function is a cast to a type that does not have all values of the other, or to a
/// shorter one.
///
/// # Safety
/// `call` must be part of an analyzed query.
unsafe fn is_narrowing(call: &pg_sys::FuncExpr) -> bool {
    use BuiltinOid::{FLOAT4OID, FLOAT8OID, INT2OID, INT4OID, INT8OID, JSONBOID, NUMERICOID};
    let (explicit, implicit) = (CoercionForm::COERCE_EXPLICIT_CAST, CoercionForm::COERCE_IMPLICIT_CAST);
    if call.funcformat != explicit && call.funcformat != implicit {
        return false;
    }
    // SAFETY: the caller guarantees the call, and so its arguments.
    let (count, from) = unsafe {
        let first = pointers::<Node>(call.args).next().map(std::ptr::from_ref);
        (pointers::<Node>(call.args).count(), first.map_or(Oid::INVALID, |first| pg_sys::exprType(first)))
    };
    let to = call.funcresulttype;
    if count > 1 {
        // A length or precision; an explicit cast cuts texts.
        return !is_text(to) || call.funcformat == implicit;
    }
    let wide = [NUMERICOID, FLOAT4OID, FLOAT8OID, JSONBOID];
    let is_integer = is_one_of(to, &[INT2OID, INT4OID, INT8OID]);
    let grows = is_one_of(from, &[INT2OID]) || is_one_of(from, &[INT4OID]) && is_one_of(to, &[INT8OID]);
    is_one_of(from, &[JSONBOID])
        || is_integer && !grows && is_one_of(from, &[INT4OID, INT8OID])
        || is_integer && is_one_of(from, &wide)
}

/// Whether a subquery in place of a value may return several rows.
///
/// # Safety
/// `link` must be part of an analyzed query.
unsafe fn may_return_rows(link: &pg_sys::SubLink) -> bool {
    let is_value = matches!(
        link.subLinkType,
        pg_sys::SubLinkType::EXPR_SUBLINK
            | pg_sys::SubLinkType::MULTIEXPR_SUBLINK
            | pg_sys::SubLinkType::ROWCOMPARE_SUBLINK
    );
    // SAFETY: the caller guarantees the link, whose subquery has been analyzed.
    is_value
        && unsafe { link.subselect.cast::<pg_sys::Query>().as_ref() }.is_some_and(|query| {
            let is_one = query.hasAggs && query.groupClause.is_null() && query.groupingSets.is_null();
            !query.rtable.is_null() && !is_one && query.limitCount.is_null()
        })
}

/// Whether the operator divides by something other than a constant.
///
/// # Safety
/// `operation` must be part of an analyzed query.
unsafe fn divides(operation: &pg_sys::OpExpr) -> bool {
    // SAFETY: the caller guarantees the operation; the name is palloc'd, or null.
    unsafe {
        let mut arguments = pointers::<Node>(operation.args).skip(1);
        let by_constant = arguments.next().is_none_or(|second| second.type_ == NodeTag::T_Const);
        if by_constant {
            return false;
        }
        let name = pg_sys::get_opname(operation.opno);
        !name.is_null() && matches!(CStr::from_ptr(name).to_bytes(), b"/" | b"%")
    }
}

//! Reads the parts that all statements share: texts, names, lists.

use super::{Raw, RelationName, TypeName};
use crate::pg::encoded_text;
use crate::pg::list::{node, pointers};
use pgrx::pg_sys::{self, Node, NodeTag};
use std::ffi::{CStr, c_char};

/// # Safety
/// `pointer` must be a C string or null.
pub(super) unsafe fn text(pointer: *const c_char) -> Option<String> {
    // SAFETY: the caller guarantees a C string or null.
    (!pointer.is_null()).then(|| encoded_text::decode(unsafe { CStr::from_ptr(pointer) }.to_bytes()))
}

/// Returns a text that the grammar always sets.
///
/// # Safety
/// As for `text`.
pub(super) unsafe fn name(pointer: *const c_char) -> String {
    // SAFETY: the caller guarantees a C string or null.
    unsafe { text(pointer) }.unwrap_or_default()
}

/// Returns the strings of a list; other nodes, such as `*`, are skipped.
///
/// # Safety
/// `list` must be a list of nodes or null.
pub(super) unsafe fn strings(list: *mut pg_sys::List) -> Vec<String> {
    // SAFETY: the caller guarantees a list of nodes; the tag identifies a string.
    unsafe { pointers::<Node>(list).filter_map(|item| string(item)).collect() }
}

/// Returns the string that the node is.
///
/// # Safety
/// `item` must be a node or null.
pub(super) unsafe fn string(item: *const Node) -> Option<String> {
    // SAFETY: the caller guarantees a node; the tag identifies a string.
    unsafe { text(node::<pg_sys::String>(item, NodeTag::T_String)?.sval) }
}

/// # Safety
/// `pointer` must be a RangeVar or null.
pub(super) unsafe fn relation(pointer: *const pg_sys::RangeVar) -> Option<RelationName> {
    // SAFETY: the caller guarantees a RangeVar or null.
    unsafe {
        let variable = pointer.as_ref()?;
        let persistence = variable.relpersistence as u8;
        Some(RelationName {
            schema: text(variable.schemaname),
            name: name(variable.relname),
            only: !variable.inh,
            is_temporary: persistence == pg_sys::RELPERSISTENCE_TEMP,
            is_unlogged: persistence == pg_sys::RELPERSISTENCE_UNLOGGED,
        })
    }
}

/// # Safety
/// `pointer` must be a RangeVar.
pub(super) unsafe fn required_relation(pointer: *const pg_sys::RangeVar) -> RelationName {
    // SAFETY: the caller guarantees a RangeVar.
    unsafe { relation(pointer) }.unwrap_or_default()
}

/// # Safety
/// `list` must be a list of RangeVars or null.
pub(super) unsafe fn relations(list: *mut pg_sys::List) -> Vec<RelationName> {
    // SAFETY: the caller guarantees a list of nodes; the tag identifies a RangeVar.
    unsafe {
        pointers::<Node>(list)
            .filter_map(|item| node::<pg_sys::RangeVar>(item, NodeTag::T_RangeVar))
            .filter_map(|variable| relation(variable))
            .collect()
    }
}

/// Returns the relation that a list of names refers to.
pub(super) fn relation_of(names: &[String]) -> RelationName {
    let (schema, name) = match names {
        [] => (None, String::new()),
        [name] => (None, name.clone()),
        [.., schema, name] => (Some(schema.clone()), name.clone()),
    };
    RelationName { schema, name, ..RelationName::default() }
}

/// # Safety
/// `pointer` must be a TypeName that lives for `'p`, or null.
pub(super) unsafe fn type_name<'p>(pointer: *mut pg_sys::TypeName) -> Option<TypeName<'p>> {
    // SAFETY: the caller guarantees a TypeName or null.
    unsafe {
        let reference = pointer.as_ref()?;
        Some(TypeName {
            names: strings(reference.names),
            is_array: !reference.arrayBounds.is_null(),
            node: Raw::new(pointer.cast())?,
        })
    }
}

/// Returns a DefElem's argument as text, where it is a string, a number, a type's or a boolean's
/// name.
///
/// # Safety
/// `item` must be a node or null.
pub(super) unsafe fn value(item: *mut Node) -> Option<String> {
    // SAFETY: the caller guarantees a node; each tag identifies its type.
    unsafe {
        match item.as_ref()?.type_ {
            NodeTag::T_String => string(item),
            NodeTag::T_Integer => Some((*item.cast::<pg_sys::Integer>()).ival.to_string()),
            NodeTag::T_Float => text((*item.cast::<pg_sys::Float>()).fval),
            NodeTag::T_Boolean => Some((*item.cast::<pg_sys::Boolean>()).boolval.to_string()),
            NodeTag::T_TypeName => Some(strings((*item.cast::<pg_sys::TypeName>()).names).join(".")),
            NodeTag::T_A_Const => constant(&*item.cast::<pg_sys::A_Const>()),
            NodeTag::T_TypeCast => value((*item.cast::<pg_sys::TypeCast>()).arg),
            NodeTag::T_List => Some(strings(item.cast()).join(".")),
            _ => None,
        }
    }
}

/// Returns a constant's text; `None` for NULL.
///
/// # Safety
/// `constant` must be a constant of the raw parse tree.
pub(super) unsafe fn constant(constant: &pg_sys::A_Const) -> Option<String> {
    if constant.isnull {
        return None;
    }
    let node = (&raw const constant.val).cast::<Node>().cast_mut();
    // SAFETY: the union's members all begin with a node's tag, which is set for one that is not
    // NULL.
    unsafe { value(node) }
}

/// Whether the options have this one, and what it is set to.
///
/// # Safety
/// `options` must be a list of DefElems or null.
pub(super) unsafe fn option(options: *mut pg_sys::List, wanted: &str) -> Option<Option<String>> {
    // SAFETY: the caller guarantees the list.
    unsafe {
        pointers::<pg_sys::DefElem>(options)
            .find(|element| text(element.defname).as_deref() == Some(wanted))
            .map(|element| value(element.arg))
    }
}

/// Whether a boolean option is on: `(FULL)`, `(FULL true)`.
///
/// # Safety
/// As for `option`.
pub(super) unsafe fn flag(options: *mut pg_sys::List, wanted: &str) -> bool {
    // SAFETY: as above.
    let found = unsafe { option(options, wanted) };
    found.is_some_and(|value| value.is_none_or(|value| !["false", "off", "0"].contains(&value.to_lowercase().as_str())))
}

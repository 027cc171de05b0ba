//! The bounds of partitions.

use super::Raw;
use super::objects::raw;
use super::reading::strings;
use crate::pg::list::{node, pointers};
use pgrx::pg_sys::{self, Node, NodeTag};

/// The bound of a partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bound {
    /// The constants; `None` is NULL.
    List(Vec<Option<Constant>>),
    Range(Vec<BoundValue>, Vec<BoundValue>),
    Hash {
        modulus: i32,
        remainder: i32,
    },
    Default,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BoundValue {
    Least,
    Value(Constant),
    Null,
    Largest,
}

/// A constant, and whether it is in quotes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Constant {
    pub text: String,
    pub is_string: bool,
}

/// Returns a partition's bound; `None` if it is not made of constants.
pub fn bound(raw: Raw<'_>) -> Option<Bound> {
    // SAFETY: a raw parse tree; the tag identifies a bound, and the grammar its parts.
    unsafe {
        let bound = node::<pg_sys::PartitionBoundSpec>(raw.as_ptr(), NodeTag::T_PartitionBoundSpec)?;
        if bound.is_default {
            return Some(Bound::Default);
        }
        match bound.strategy as u8 {
            b'l' => {
                let values = pointers::<Node>(bound.listdatums).map(|item| constant_value(item));
                values.collect::<Option<Vec<_>>>().map(Bound::List)
            }
            b'r' => Some(Bound::Range(range(bound.lowerdatums)?, range(bound.upperdatums)?)),
            _ => Some(Bound::Hash { modulus: bound.modulus, remainder: bound.remainder }),
        }
    }
}

/// # Safety
/// `item` must be a node of a raw parse tree.
unsafe fn constant_value(item: &Node) -> Option<Option<Constant>> {
    // SAFETY: the caller guarantees the node; the tag identifies a constant.
    unsafe {
        let handle = raw(std::ptr::from_ref(item).cast_mut())?;
        match super::build::value(handle) {
            super::build::Value::Constant { text, is_string } => Some(Some(Constant { text, is_string })),
            super::build::Value::Null => Some(None),
            _ => None,
        }
    }
}

/// # Safety
/// `list` must be a list of nodes of a raw parse tree.
unsafe fn range(list: *mut pg_sys::List) -> Option<Vec<BoundValue>> {
    // SAFETY: the caller guarantees the list; MINVALUE and MAXVALUE are column references until
    // analysis.
    unsafe {
        pointers::<Node>(list)
            .map(|item| {
                if let Some(reference) = node::<pg_sys::ColumnRef>(item, NodeTag::T_ColumnRef) {
                    return match strings(reference.fields).first().map(String::as_str) {
                        Some("minvalue") => Some(BoundValue::Least),
                        Some("maxvalue") => Some(BoundValue::Largest),
                        _ => None,
                    };
                }
                Some(constant_value(item)?.map_or(BoundValue::Null, BoundValue::Value))
            })
            .collect()
    }
}

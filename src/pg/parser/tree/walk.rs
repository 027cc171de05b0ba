//! Finds the names of relations in a raw parse tree.

use super::reading::{name, relation, strings};
use super::{Raw, RelationName};
use crate::pg::list::{self, pointers};
use crate::pg::nodes::{self, Walker};
use pgrx::pg_sys::{self, Node, NodeTag};
use std::ffi::c_void;

// Declared in nodes/nodeFuncs.h, which pgrx does not bind for raw parse trees.
unsafe extern "C-unwind" {
    #[cfg_attr(since_16, link_name = "raw_expression_tree_walker_impl")]
    fn raw_expression_tree_walker(node: *mut Node, walker: Walker, context: *mut c_void) -> bool;
}

/// The names in a query or expression.
#[derive(Debug, Default)]
pub struct Names {
    /// Relations, in the order of the text; also names of common table expressions.
    pub relations: Vec<RelationName>,
    /// The names that WITH defines.
    pub queries: Vec<String>,
    /// The names of the called functions.
    pub functions: Vec<Vec<String>>,
    /// The column references, as names.
    pub columns: Vec<Vec<String>>,
    /// Constants that name a relation, as those of type regclass and nextval's do; without quotes.
    pub classes: Vec<String>,
    /// The types that it names.
    pub types: Vec<Vec<String>>,
    pub calls: Vec<SequenceCall>,
    pub has_subquery: bool,
}

/// A call of nextval, setval or currval with a constant that names the sequence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SequenceCall {
    /// Without quotes.
    pub sequence: String,
    /// The second argument of setval, if it is a constant.
    pub value: Option<String>,
    pub is_currval: bool,
}

/// Returns the names in a query or an expression.
pub fn names(raw: Raw<'_>) -> Names {
    let mut names = Names::default();
    // SAFETY: a raw parse tree.
    unsafe { nodes::list(raw.as_ptr(), walk).into_iter().for_each(|node| note(&mut names, node)) };
    names
}

/// # Safety
/// `node` must be part of a raw parse tree.
unsafe fn note(names: &mut Names, node: *mut Node) {
    // SAFETY: the caller guarantees the node; each tag identifies its type.
    unsafe {
        if let Some(text) = class_constant(node).and_then(|constant| super::reading::constant(constant)) {
            names.classes.push(folded(&text));
        }
        match (*node).type_ {
            NodeTag::T_RangeVar => names.relations.extend(relation(node.cast())),
            NodeTag::T_CommonTableExpr => {
                names.queries.push(name((*node.cast::<pg_sys::CommonTableExpr>()).ctename));
            }
            NodeTag::T_FuncCall => {
                let call = &*node.cast::<pg_sys::FuncCall>();
                let function = strings(call.funcname);
                names.calls.extend(sequence_call(call, function.last().map(String::as_str), class_constant(node)));
                names.functions.push(function);
            }
            NodeTag::T_ColumnRef => names.columns.push(strings((*node.cast::<pg_sys::ColumnRef>()).fields)),
            NodeTag::T_TypeName => names.types.push(strings((*node.cast::<pg_sys::TypeName>()).names)),
            NodeTag::T_SubLink => names.has_subquery = true,
            _ => {}
        }
    }
}

/// Calls `walker` with the node's parts.
///
/// # Safety
/// As for `walker`; `node` must not be null.
unsafe fn walk(node: *mut Node, walker: Walker, context: *mut c_void) -> bool {
    // SAFETY: the caller guarantees the node.
    unsafe {
        match inner(node) {
            Some(inner) => walker(inner, context),
            None => raw_expression_tree_walker(node, walker, context),
        }
    }
}

/// Returns the part of the node that names relations, or null, if that is not what
/// raw_expression_tree_walker visits: it raises an error for utility statements.
///
/// # Safety
/// `node` must be a raw parse tree.
unsafe fn inner(node: *mut Node) -> Option<*mut Node> {
    // SAFETY: the caller guarantees the node; each tag identifies its type.
    unsafe {
        Some(match (*node).type_ {
            NodeTag::T_ExplainStmt => (*node.cast::<pg_sys::ExplainStmt>()).query,
            NodeTag::T_DeclareCursorStmt => (*node.cast::<pg_sys::DeclareCursorStmt>()).query,
            NodeTag::T_CreateTableAsStmt => (*node.cast::<pg_sys::CreateTableAsStmt>()).query,
            NodeTag::T_CallStmt => (*node.cast::<pg_sys::CallStmt>()).funccall.cast(),
            NodeTag::T_RawStmt => (*node.cast::<pg_sys::RawStmt>()).stmt,
            // FOR UPDATE OF names aliases, and INTO a relation that does not exist yet.
            NodeTag::T_LockingClause
            | NodeTag::T_IntoClause
            | NodeTag::T_ExecuteStmt
            | NodeTag::T_NotifyStmt
            | NodeTag::T_RefreshMatViewStmt => std::ptr::null_mut(),
            _ => return None,
        })
    }
}

/// Has constants of type regclass with one of these names read as those of a relation that exists.
pub(in crate::pg) fn replace_classes(node: *mut Node, names: &[String]) {
    // SAFETY: a raw parse tree that the caller owns; each tag identifies its node's type.
    unsafe {
        for node in nodes::list(node, walk) {
            if let Some(constant) = class_constant(node)
                && super::reading::constant(constant).is_some_and(|text| names.contains(&folded(&text)))
            {
                // An OID is read without a look at the catalogs (regclassin in
                // utils/adt/regproc.c).
                let value = (&raw const constant.val).cast::<pg_sys::String>().cast_mut();
                (*value).sval = super::build::copy_text(CLASS);
            }
        }
    }
}

/// Returns the call if its first argument is the constant.
///
/// # Safety
/// `call` must be part of a raw parse tree.
unsafe fn sequence_call(
    call: &pg_sys::FuncCall,
    function: Option<&str>,
    constant: Option<&pg_sys::A_Const>,
) -> Option<SequenceCall> {
    // SAFETY: the caller guarantees the node; the tag identifies the second argument's type.
    unsafe {
        let sequence = folded(&super::reading::constant(constant?)?);
        let second = pointers::<Node>(call.args).nth(1).map(|second| std::ptr::from_ref(second).cast_mut());
        let second = second.and_then(|second| list::node::<pg_sys::A_Const>(second, NodeTag::T_A_Const));
        let value = second.and_then(|second| super::reading::constant(second));
        Some(SequenceCall { sequence, value, is_currval: function == Some("currval") })
    }
}

/// Returns the constant that the node reads as the name of a relation.
///
/// # Safety
/// `node` must be a raw parse tree.
unsafe fn class_constant<'a>(node: *mut Node) -> Option<&'a pg_sys::A_Const> {
    // SAFETY: the caller guarantees the node; each tag identifies its type.
    unsafe {
        let argument = match (*node).type_ {
            NodeTag::T_TypeCast => {
                let cast = &*node.cast::<pg_sys::TypeCast>();
                let names = cast.typeName.as_ref().map(|name| strings(name.names)).unwrap_or_default();
                names.last().filter(|name| *name == "regclass").map(|_| cast.arg)
            }
            NodeTag::T_FuncCall => {
                let call = &*node.cast::<pg_sys::FuncCall>();
                let takes_class = |name: &String| ["nextval", "currval", "setval"].contains(&name.as_str());
                let is_one = strings(call.funcname).last().is_some_and(takes_class);
                let first = pointers::<Node>(call.args).next().map(|first| std::ptr::from_ref(first).cast_mut());
                first.filter(|_| is_one)
            }
            _ => None,
        };
        list::node::<pg_sys::A_Const>(argument?, NodeTag::T_A_Const)
    }
}

/// pg_class
const CLASS: &str = "1259";

/// Returns a qualified name without quotes, and in lower case where it has none. Pure.
fn folded(text: &str) -> String {
    let mut is_quoted = false;
    let mut name = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '"' => is_quoted = !is_quoted,
            ' ' if !is_quoted => {}
            _ if is_quoted => name.push(character),
            _ => name.push(character.to_ascii_lowercase()),
        }
    }
    name
}

/// Gives relations in a tree, which the caller owns, other names.
pub(in crate::pg) fn replace_relations(node: *mut Node, replace: &dyn Fn(&RelationName) -> Option<String>) {
    // SAFETY: a raw parse tree; the tag identifies a RangeVar. New texts are palloc'd.
    unsafe {
        for node in nodes::list(node, walk) {
            if (*node).type_ != NodeTag::T_RangeVar {
                continue;
            }
            let variable = &mut *node.cast::<pg_sys::RangeVar>();
            if let Some(new) = relation(variable).and_then(|named| replace(&named)) {
                super::build::name_relation(variable, &new);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::folded;

    #[test]
    fn walk_names_of_classes_are_folded() {
        assert_eq!(folded("Public.T_id_seq"), "public.t_id_seq");
        assert_eq!(folded("\"My App\".\"T_id_seq\""), "My App.T_id_seq");
    }
}

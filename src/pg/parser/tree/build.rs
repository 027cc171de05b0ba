//! Builds raw parse trees from parts of others.

use super::Raw;
use crate::pg::encoded_text::encode_c;
use crate::pg::list::{node, pointers};
use pgrx::pg_sys::{self, List, Node, NodeTag, RangeVar, SelectStmt};
use std::ffi::c_char;

/// Returns a node of this type, all zero except for its tag.
///
/// # Safety
/// `T` must be the type that the tag stands for.
unsafe fn make<T>(tag: NodeTag) -> *mut T {
    // SAFETY: palloc0 returns zeroed memory of that size, in which a node of C is valid; each node
    // begins with its tag.
    unsafe {
        let node = pg_sys::palloc0(size_of::<T>()).cast::<T>();
        (*node.cast::<Node>()).type_ = tag;
        node
    }
}

/// Returns a palloc'd copy of the text in the database's encoding.
pub(in crate::pg) fn copy_text(text: &str) -> *mut c_char {
    let text = encode_c(text).unwrap_or_default();
    // SAFETY: a C string.
    unsafe { pg_sys::pstrdup(text.as_ptr()) }
}

pub(in crate::pg) fn copy(raw: Raw<'_>) -> *mut Node {
    // SAFETY: a node that lives at least as long as this call.
    unsafe { pg_sys::copyObjectImpl(raw.as_ptr().cast()).cast() }
}

/// Gives a relation in a FROM clause another name, and its own name as an alias.
///
/// # Safety
/// `variable` must belong to the caller, in the current memory context.
pub(super) unsafe fn name_relation(variable: &mut RangeVar, new: &str) {
    // SAFETY: the caller guarantees the node; the texts are palloc'd.
    unsafe {
        if variable.alias.is_null() {
            let alias = make::<pg_sys::Alias>(NodeTag::T_Alias);
            (*alias).aliasname = variable.relname;
            variable.alias = alias;
        }
        variable.schemaname = std::ptr::null_mut();
        variable.catalogname = std::ptr::null_mut();
        variable.relname = copy_text(new);
        variable.inh = true;
    }
}

/// # Safety
/// `value` must be a node of the caller's, or null.
unsafe fn target(name: Option<&str>, value: *mut Node) -> *mut Node {
    // SAFETY: a new node.
    unsafe {
        let target = make::<pg_sys::ResTarget>(NodeTag::T_ResTarget);
        (*target).name = name.map_or(std::ptr::null_mut(), copy_text);
        (*target).val = value;
        (*target).location = -1;
        target.cast()
    }
}

/// Returns a reference to a column; null without a name.
///
/// # Safety
/// `name` must be a C string or null that lives as long as the result.
pub(super) unsafe fn column(name: *mut c_char) -> *mut Node {
    if name.is_null() {
        return std::ptr::null_mut();
    }
    // SAFETY: new nodes.
    unsafe {
        let text = make::<pg_sys::String>(NodeTag::T_String);
        (*text).sval = name;
        let reference = make::<pg_sys::ColumnRef>(NodeTag::T_ColumnRef);
        (*reference).fields = pg_sys::lappend(std::ptr::null_mut(), text.cast());
        (*reference).location = -1;
        reference.cast()
    }
}

/// Returns the statement as the server's analysis takes it.
pub(in crate::pg) fn statement(node: *mut Node) -> *mut pg_sys::RawStmt {
    // SAFETY: a new node.
    unsafe {
        let raw = make::<pg_sys::RawStmt>(NodeTag::T_RawStmt);
        (*raw).stmt = node;
        raw
    }
}

/// Makes the expressions the columns of a parsed `SELECT FROM …`, and the condition its WHERE.
pub(in crate::pg) fn project(
    select: *mut Node,
    expressions: &[(Option<&str>, Raw<'_>)],
    condition: Option<(Raw<'_>, bool)>,
) {
    // SAFETY: the caller passes a SELECT of its own; all other nodes are new.
    unsafe {
        let select = &mut *select.cast::<SelectStmt>();
        for (name, expression) in expressions {
            select.targetList = pg_sys::lappend(select.targetList, target(*name, copy(*expression)).cast());
        }
        if let Some((condition, is_negated)) = condition {
            select.whereClause = if is_negated { not(copy(condition)) } else { copy(condition) };
        }
    }
}

/// # Safety
/// `expression` must be a node of the caller's.
unsafe fn not(expression: *mut Node) -> *mut Node {
    // SAFETY: a new node.
    unsafe {
        let not = make::<pg_sys::BoolExpr>(NodeTag::T_BoolExpr);
        (*not).boolop = pg_sys::BoolExprType::NOT_EXPR;
        (*not).args = pg_sys::lappend(std::ptr::null_mut(), expression.cast());
        (*not).location = -1;
        not.cast()
    }
}

/// Returns `SELECT expressions FROM relation`.
pub(in crate::pg) fn select(expressions: &[Raw<'_>], relation: Option<(&str, &str)>) -> *mut Node {
    // SAFETY: new nodes.
    unsafe {
        let select = make::<SelectStmt>(NodeTag::T_SelectStmt);
        for expression in expressions {
            (*select).targetList = pg_sys::lappend((*select).targetList, target(None, copy(*expression)).cast());
        }
        if let Some((name, alias)) = relation {
            let variable = range_variable(alias);
            name_relation(&mut *variable, name);
            (*select).fromClause = pg_sys::lappend(std::ptr::null_mut(), variable.cast());
        }
        select.cast()
    }
}

/// Returns a relation's name in FROM.
pub(in crate::pg) fn range_variable(name: &str) -> *mut RangeVar {
    // SAFETY: a new node.
    unsafe {
        let variable = make::<RangeVar>(NodeTag::T_RangeVar);
        (*variable).relname = copy_text(name);
        (*variable).relpersistence = pg_sys::RELPERSISTENCE_PERMANENT as c_char;
        (*variable).location = -1;
        variable
    }
}

/// A SELECT that is analyzed in place of a statement that writes, and which of its columns are
/// constants that the target's type decides about.
pub(in crate::pg) struct Instead {
    pub select: *mut Node,
    /// For each assigned value: whether it is a constant, or DEFAULT.
    pub is_constant: Vec<bool>,
}

/// Returns what to analyze in place of an UPDATE, a DELETE or an INSERT … SELECT, so that the
/// target need not be a table. `None` for other forms.
///
/// With `is_condition`, only what is analyzed first: FROM and WHERE, before the values.
pub(in crate::pg) fn instead(statement: Raw<'_>, is_condition: bool) -> Option<Instead> {
    let owned = copy(statement);
    // SAFETY: a copy that belongs to this function; each tag identifies the node's type.
    unsafe {
        match (*owned).type_ {
            NodeTag::T_UpdateStmt => instead_of_update(&*owned.cast(), is_condition),
            NodeTag::T_DeleteStmt => {
                let delete = &*owned.cast::<pg_sys::DeleteStmt>();
                let select = make::<SelectStmt>(NodeTag::T_SelectStmt);
                (*select).targetList = returning(delete);
                (*select).fromClause = pg_sys::lcons(delete.relation.cast(), delete.usingClause);
                (*select).whereClause = delete.whereClause;
                (*select).withClause = delete.withClause;
                Some(Instead { select: select.cast(), is_constant: Vec::new() })
            }
            NodeTag::T_InsertStmt => {
                let insert = &*owned.cast::<pg_sys::InsertStmt>();
                let select = node::<SelectStmt>(insert.selectStmt, NodeTag::T_SelectStmt)?;
                if !select.valuesLists.is_null() || !insert.withClause.is_null() {
                    return None;
                }
                let is_constant =
                    pointers::<pg_sys::ResTarget>(select.targetList).map(|target| is_constant(target.val));
                let is_constant = if select.larg.is_null() { is_constant.collect() } else { Vec::new() };
                Some(Instead { select: insert.selectStmt, is_constant })
            }
            _ => None,
        }
    }
}

#[cfg(not(since_18))]
fn returning(delete: &pg_sys::DeleteStmt) -> *mut List {
    delete.returningList
}

#[cfg(since_18)]
fn returning(delete: &pg_sys::DeleteStmt) -> *mut List {
    // SAFETY: a part of the statement, or null.
    unsafe { delete.returningClause.as_ref() }.map_or(std::ptr::null_mut(), |clause| clause.exprs)
}

/// # Safety
/// `update` must belong to the caller.
unsafe fn instead_of_update(update: &pg_sys::UpdateStmt, is_condition: bool) -> Option<Instead> {
    // SAFETY: the caller guarantees the node, and the grammar the types of its parts.
    unsafe {
        let select = make::<SelectStmt>(NodeTag::T_SelectStmt);
        let (mut constant, mut columns) = (Vec::new(), std::ptr::null_mut::<List>());
        for assigned in pointers::<pg_sys::ResTarget>(update.targetList) {
            if (*assigned.val).type_ == NodeTag::T_MultiAssignRef || !assigned.indirection.is_null() {
                return None;
            }
            constant.push(is_constant(assigned.val));
            let value = if (*assigned.val).type_ == NodeTag::T_SetToDefault { null() } else { assigned.val };
            columns = pg_sys::lappend(columns, target(None, value).cast());
        }
        (*select).targetList = if is_condition { std::ptr::null_mut() } else { columns };
        (*select).fromClause = pg_sys::lcons(update.relation.cast(), update.fromClause);
        (*select).whereClause = update.whereClause;
        (*select).withClause = update.withClause;
        Some(Instead { select: select.cast(), is_constant: constant })
    }
}

/// # Safety
/// Allocates a node in the current memory context.
unsafe fn null() -> *mut Node {
    // SAFETY: a new node.
    unsafe {
        let null = make::<pg_sys::A_Const>(NodeTag::T_A_Const);
        (*null).isnull = true;
        (*null).location = -1;
        null.cast()
    }
}

/// Whether an expression is a constant without a type, a parameter, or DEFAULT.
///
/// # Safety
/// `expression` must be a node or null.
unsafe fn is_constant(expression: *mut Node) -> bool {
    // SAFETY: the caller guarantees a node; the tag identifies a constant.
    unsafe {
        let Some(node) = expression.as_ref() else { return true };
        match node.type_ {
            NodeTag::T_A_Const => {
                let constant = &*expression.cast::<pg_sys::A_Const>();
                let value = (&raw const constant.val).cast::<Node>();
                constant.isnull || (*value).type_ == NodeTag::T_String
            }
            NodeTag::T_SetToDefault | NodeTag::T_ParamRef => true,
            _ => false,
        }
    }
}

/// What a value of VALUES is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    Null,
    Default,
    /// A constant's text, and whether it is a string.
    Constant {
        text: String,
        is_string: bool,
    },
    Expression,
}

/// Returns what a value of INSERT or UPDATE is.
pub fn value(raw: Raw<'_>) -> Value {
    // SAFETY: a node; each tag identifies its type.
    unsafe {
        let pointer = raw.as_ptr();
        match (*pointer).type_ {
            NodeTag::T_SetToDefault => Value::Default,
            NodeTag::T_A_Const => {
                let constant = &*pointer.cast::<pg_sys::A_Const>();
                if constant.isnull {
                    return Value::Null;
                }
                let is_string = (*(&raw const constant.val).cast::<Node>()).type_ == NodeTag::T_String;
                super::reading::constant(constant).map_or(Value::Expression, |text| Value::Constant { text, is_string })
            }
            NodeTag::T_A_Expr => negative(&*pointer.cast()).unwrap_or(Value::Expression),
            _ => Value::Expression,
        }
    }
}

/// Returns a negative number, which the grammar makes an expression of in some places.
///
/// # Safety
/// `expression` must be a node of a raw parse tree.
unsafe fn negative(expression: &pg_sys::A_Expr) -> Option<Value> {
    // SAFETY: the caller guarantees the node; each tag identifies its type.
    unsafe {
        let is_minus = expression.lexpr.is_null() && super::reading::strings(expression.name) == ["-"];
        let constant = node::<pg_sys::A_Const>(expression.rexpr, NodeTag::T_A_Const).filter(|_| is_minus)?;
        let text = super::reading::constant(constant)?;
        Some(Value::Constant { text: format!("-{text}"), is_string: false })
    }
}

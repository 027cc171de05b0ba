//! Objects other than tables: their kinds, names, functions and roles.

use super::reading::{name, option, relation_of, string, strings, text, type_name};
use super::{Raw, RelationName, TypeName};
use crate::pg::list::{node, pointers};
use pgrx::pg_sys::{self, Node, NodeTag, ObjectType as OT};

/// The kinds of objects that have rules of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ObjectKind {
    Table,
    ForeignTable,
    View,
    MaterializedView,
    Index,
    Sequence,
    Column,
    TableConstraint,
    DomainConstraint,
    Trigger,
    Rule,
    Policy,
    Type,
    Domain,
    Attribute,
    Function,
    Procedure,
    Routine,
    Aggregate,
    Operator,
    Schema,
    Extension,
    Role,
    Statistics,
    Database,
    Publication,
    Other,
}

/// The name of an object that is not given as a relation: its parts, and the argument types of a
/// function.
#[derive(Clone, Debug)]
pub struct Object {
    pub names: Vec<String>,
    /// The arguments' types by their own names, as far as the text has them; `None` if the
    /// statement lists no arguments.
    pub arguments: Option<Vec<Option<String>>>,
}

impl Object {
    pub fn relation(&self) -> RelationName {
        relation_of(&self.names)
    }

    /// Returns the relation of an object that belongs to one: of a column, trigger, policy or
    /// constraint, whose own name is the last one.
    pub fn owning_relation(&self) -> RelationName {
        relation_of(self.names.split_last().map_or(&[][..], |(_, relation)| relation))
    }

    pub fn last(&self) -> &str {
        self.names.last().map_or("", String::as_str)
    }
}

/// A role as a statement names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Role {
    Named(String),
    Current,
    Session,
    Public,
}

/// CREATE FUNCTION, CREATE PROCEDURE.
#[derive(Debug)]
pub struct Function<'p> {
    pub name: Vec<String>,
    pub parameters: Vec<FunctionParameter<'p>>,
    pub returns: Option<TypeName<'p>>,
    pub language: Option<String>,
    pub body: Option<String>,
    pub has_sql_body: bool,
    /// SET search_path
    pub search_path: Option<Vec<String>>,
    pub is_replace: bool,
}

#[derive(Debug)]
pub struct FunctionParameter<'p> {
    pub name: Option<String>,
    pub type_name: Option<TypeName<'p>>,
    pub is_input: bool,
    pub default: Option<Raw<'p>>,
}

pub(super) fn kind(kind: OT::Type) -> ObjectKind {
    match kind {
        OT::OBJECT_TABLE => ObjectKind::Table,
        OT::OBJECT_FOREIGN_TABLE => ObjectKind::ForeignTable,
        OT::OBJECT_VIEW => ObjectKind::View,
        OT::OBJECT_MATVIEW => ObjectKind::MaterializedView,
        OT::OBJECT_INDEX => ObjectKind::Index,
        OT::OBJECT_SEQUENCE => ObjectKind::Sequence,
        OT::OBJECT_COLUMN => ObjectKind::Column,
        OT::OBJECT_TABCONSTRAINT => ObjectKind::TableConstraint,
        OT::OBJECT_DOMCONSTRAINT => ObjectKind::DomainConstraint,
        OT::OBJECT_TRIGGER => ObjectKind::Trigger,
        OT::OBJECT_RULE => ObjectKind::Rule,
        OT::OBJECT_POLICY => ObjectKind::Policy,
        OT::OBJECT_TYPE => ObjectKind::Type,
        OT::OBJECT_DOMAIN => ObjectKind::Domain,
        OT::OBJECT_ATTRIBUTE => ObjectKind::Attribute,
        OT::OBJECT_FUNCTION => ObjectKind::Function,
        OT::OBJECT_PROCEDURE => ObjectKind::Procedure,
        OT::OBJECT_ROUTINE => ObjectKind::Routine,
        OT::OBJECT_AGGREGATE => ObjectKind::Aggregate,
        OT::OBJECT_OPERATOR => ObjectKind::Operator,
        OT::OBJECT_SCHEMA => ObjectKind::Schema,
        OT::OBJECT_EXTENSION => ObjectKind::Extension,
        OT::OBJECT_ROLE => ObjectKind::Role,
        OT::OBJECT_STATISTIC_EXT => ObjectKind::Statistics,
        OT::OBJECT_DATABASE => ObjectKind::Database,
        OT::OBJECT_PUBLICATION => ObjectKind::Publication,
        _ => ObjectKind::Other,
    }
}

/// Returns the object that a node names: a string, a list of strings, a type, or a function.
///
/// # Safety
/// `item` must be a node of a raw parse tree or null.
pub(super) unsafe fn object(item: *mut Node) -> Option<Object> {
    // SAFETY: the caller guarantees a node; each tag identifies its type.
    unsafe {
        let plain = |names| Some(Object { names, arguments: None });
        match item.as_ref()?.type_ {
            NodeTag::T_String => plain(string(item).into_iter().collect()),
            NodeTag::T_List => plain(names_in(item.cast())),
            NodeTag::T_TypeName => plain(strings((*item.cast::<pg_sys::TypeName>()).names)),
            NodeTag::T_ObjectWithArgs => {
                let named = &*item.cast::<pg_sys::ObjectWithArgs>();
                // The name in pg_type, where an array has an underscore.
                let argument = |of: &pg_sys::TypeName| {
                    let array = if of.arrayBounds.is_null() { "" } else { "_" };
                    let own = strings(of.names).pop().filter(|_| !of.pct_type)?;
                    Some(format!("{array}{own}"))
                };
                let types = pointers::<pg_sys::TypeName>(named.objargs).map(argument);
                let arguments = (!named.args_unspecified).then(|| types.collect());
                Some(Object { names: strings(named.objname), arguments })
            }
            _ => None,
        }
    }
}

/// Returns the strings of a list, in which COMMENT ON CONSTRAINT … ON DOMAIN has a type's name.
///
/// # Safety
/// `list` must be a list of nodes.
unsafe fn names_in(list: *mut pg_sys::List) -> Vec<String> {
    // SAFETY: the caller guarantees the list; each tag identifies its type.
    unsafe {
        pointers::<Node>(list)
            .flat_map(|item| match item.type_ {
                NodeTag::T_TypeName => strings((*std::ptr::from_ref(item).cast::<pg_sys::TypeName>()).names),
                _ => string(item).into_iter().collect(),
            })
            .collect()
    }
}

/// # Safety
/// `list` must be a list of nodes or null.
pub(super) unsafe fn objects(list: *mut pg_sys::List) -> Vec<Object> {
    // SAFETY: the caller guarantees the list.
    unsafe { pointers::<Node>(list).filter_map(|item| object(std::ptr::from_ref(item).cast_mut())).collect() }
}

/// # Safety
/// `pointer` must be a RoleSpec or null.
pub(super) unsafe fn role(pointer: *const pg_sys::RoleSpec) -> Option<Role> {
    // SAFETY: the caller guarantees a RoleSpec or null.
    unsafe {
        let role = pointer.as_ref()?;
        Some(match role.roletype {
            pg_sys::RoleSpecType::ROLESPEC_CSTRING => Role::Named(name(role.rolename)),
            pg_sys::RoleSpecType::ROLESPEC_SESSION_USER => Role::Session,
            pg_sys::RoleSpecType::ROLESPEC_PUBLIC => Role::Public,
            _ => Role::Current,
        })
    }
}

/// # Safety
/// `list` must be a list of RoleSpecs or null.
pub(super) unsafe fn roles(list: *mut pg_sys::List) -> Vec<Role> {
    // SAFETY: the caller guarantees the list.
    unsafe { pointers::<pg_sys::RoleSpec>(list).filter_map(|item| role(item)).collect() }
}

/// # Safety
/// `statement` must be part of a raw parse tree that lives for `'p`.
pub(super) unsafe fn function<'p>(statement: &pg_sys::CreateFunctionStmt) -> Function<'p> {
    // SAFETY: the caller guarantees the node, and the grammar the types of its parts.
    unsafe {
        let parameters = pointers::<pg_sys::FunctionParameter>(statement.parameters).map(|parameter| {
            let mode = parameter.mode as u8;
            FunctionParameter {
                name: text(parameter.name),
                type_name: type_name(parameter.argType),
                is_input: mode != b'o' && mode != b't',
                default: raw(parameter.defexpr),
            }
        });
        Function {
            name: strings(statement.funcname),
            parameters: parameters.collect(),
            returns: type_name(statement.returnType),
            language: option(statement.options, "language").flatten(),
            body: option(statement.options, "as").flatten(),
            has_sql_body: !statement.sql_body.is_null(),
            search_path: search_path(statement.options),
            is_replace: statement.replace,
        }
    }
}

/// Returns what SET search_path of a function says.
///
/// # Safety
/// `options` must be a list of DefElems or null.
unsafe fn search_path(options: *mut pg_sys::List) -> Option<Vec<String>> {
    // SAFETY: the caller guarantees the list; the tag identifies the setting.
    unsafe {
        let settings = pointers::<pg_sys::DefElem>(options).filter_map(|element| {
            let set = node::<pg_sys::VariableSetStmt>(element.arg, NodeTag::T_VariableSetStmt)?;
            (text(set.name).as_deref() == Some("search_path")).then(|| values(set.args))
        });
        settings.last()
    }
}

/// Returns the constants of SET.
///
/// # Safety
/// `list` must be a list of nodes or null.
pub(super) unsafe fn values(list: *mut pg_sys::List) -> Vec<String> {
    // SAFETY: the caller guarantees the list.
    unsafe {
        let values =
            pointers::<Node>(list).filter_map(|item| super::reading::value(std::ptr::from_ref(item).cast_mut()));
        values.collect()
    }
}

/// Returns the handle of a node.
///
/// # Safety
/// As for `Raw::new`.
pub(super) unsafe fn raw<'p, T>(pointer: *mut T) -> Option<Raw<'p>> {
    // SAFETY: the caller guarantees a node.
    unsafe { Raw::new(pointer.cast()) }
}

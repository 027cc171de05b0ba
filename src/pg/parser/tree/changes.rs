//! Converts statements that change objects other than tables: domains, policies, publications and
//! privileges.

use super::objects::{kind, objects, raw, roles};
use super::reading::{name, relation, relations, required_relation, strings};
use super::table::constraint;
use super::{Constraint, Raw, RelationName, Role, Statement};
use crate::pg::list::{node, pointers};
use pgrx::pg_sys::{self, List, Node, NodeTag};
use std::ffi::c_char;

/// What ALTER DOMAIN does.
#[derive(Debug)]
pub enum DomainChange<'p> {
    Default(Option<Raw<'p>>),
    NotNull(bool),
    Add(Box<Constraint<'p>>),
    Drop { name: String, missing_ok: bool },
    Validate(String),
    Other,
}

/// # Safety
/// `alter` must be part of a raw parse tree that lives for `'p`.
pub(super) unsafe fn alter_domain<'p>(alter: &pg_sys::AlterDomainStmt) -> Statement<'p> {
    // SAFETY: the caller guarantees the node; the letter says which parts are set.
    unsafe {
        let letter = alter.subtype as u8;
        let added = node::<pg_sys::Constraint>(alter.def, NodeTag::T_Constraint).and_then(|found| constraint(found));
        let change = match (letter, added) {
            (b'T', _) => DomainChange::Default(raw(alter.def)),
            (b'N', _) => DomainChange::NotNull(false),
            (b'O', _) => DomainChange::NotNull(true),
            (b'C', Some(constraint)) => DomainChange::Add(Box::new(constraint)),
            (b'X', _) => DomainChange::Drop { name: name(alter.name), missing_ok: alter.missing_ok },
            (b'V', _) => DomainChange::Validate(name(alter.name)),
            _ => DomainChange::Other,
        };
        Statement::AlterDomain { name: strings(alter.typeName), change }
    }
}

/// CREATE and ALTER POLICY.
#[derive(Debug)]
pub struct Policy<'p> {
    pub name: String,
    pub relation: RelationName,
    pub conditions: Vec<Raw<'p>>,
    pub roles: Vec<Role>,
    /// Why the command cannot have one of the conditions (CreatePolicy in commands/policy.c).
    pub refused: Option<&'static str>,
}

/// # Safety
/// `create` must be part of a raw parse tree that lives for `'p`.
pub(super) unsafe fn create_policy<'p>(create: &pg_sys::CreatePolicyStmt) -> Policy<'p> {
    // SAFETY: the caller guarantees the node.
    unsafe {
        let refused = match super::reading::text(create.cmd_name).as_deref() {
            Some("insert") if !create.qual.is_null() => Some("only WITH CHECK expression allowed for INSERT"),
            Some("select" | "delete") if !create.with_check.is_null() => {
                Some("WITH CHECK cannot be applied to SELECT or DELETE")
            }
            _ => None,
        };
        let policy = policy(create.policy_name, create.table, [create.qual, create.with_check], create.roles);
        Policy { refused, ..policy }
    }
}

/// # Safety
/// `alter` must be part of a raw parse tree that lives for `'p`.
pub(super) unsafe fn alter_policy<'p>(alter: &pg_sys::AlterPolicyStmt) -> Policy<'p> {
    // SAFETY: the caller guarantees the node.
    unsafe { policy(alter.policy_name, alter.table, [alter.qual, alter.with_check], alter.roles) }
}

/// # Safety
/// The arguments must be parts of a raw parse tree that lives for `'p`.
unsafe fn policy<'p>(
    name: *const c_char,
    table: *const pg_sys::RangeVar,
    conditions: [*mut Node; 2],
    grantees: *mut List,
) -> Policy<'p> {
    // SAFETY: the caller guarantees the parts.
    unsafe {
        Policy {
            name: super::reading::name(name),
            relation: required_relation(table),
            conditions: conditions.into_iter().filter_map(|condition| raw(condition)).collect(),
            roles: roles(grantees),
            refused: None,
        }
    }
}

/// How a publication's list of tables changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListChange {
    Add,
    Set,
    Drop,
}

/// CREATE and ALTER PUBLICATION.
#[derive(Debug)]
pub struct Publication {
    pub name: String,
    pub is_new: bool,
    pub is_for_all: bool,
    pub change: ListChange,
    pub relations: Vec<RelationName>,
    /// Whether it names schemas, row filters, columns or options.
    pub has_more: bool,
}

/// # Safety
/// `create` must be part of a raw parse tree.
pub(super) unsafe fn create_publication<'p>(create: &pg_sys::CreatePublicationStmt) -> Statement<'p> {
    // SAFETY: the caller guarantees the node.
    unsafe {
        let (relations, has_more) = published(create.pubobjects);
        #[cfg(not(since_19))]
        let is_for_all = create.for_all_tables;
        #[cfg(since_19)]
        let is_for_all = create.for_all_tables || create.for_all_sequences;
        Statement::Publication(Publication {
            name: name(create.pubname),
            is_new: true,
            is_for_all,
            change: ListChange::Add,
            relations,
            has_more: has_more || !create.options.is_null(),
        })
    }
}

/// # Safety
/// `alter` must be part of a raw parse tree.
pub(super) unsafe fn alter_publication<'p>(alter: &pg_sys::AlterPublicationStmt) -> Statement<'p> {
    use pg_sys::AlterPublicationAction as Action;
    // SAFETY: the caller guarantees the node.
    unsafe {
        let (relations, has_more) = published(alter.pubobjects);
        let change = match alter.action {
            Action::AP_AddObjects => ListChange::Add,
            Action::AP_DropObjects => ListChange::Drop,
            _ => ListChange::Set,
        };
        let has_more = has_more || !alter.options.is_null();
        Statement::Publication(Publication {
            name: name(alter.pubname),
            is_new: false,
            is_for_all: alter.for_all_tables,
            change,
            relations,
            has_more,
        })
    }
}

/// Returns the tables of the list, and whether it has anything else.
///
/// # Safety
/// `list` must be a list of PublicationObjSpecs or null.
unsafe fn published(list: *mut List) -> (Vec<RelationName>, bool) {
    // SAFETY: the caller guarantees the list.
    unsafe {
        let objects = || pointers::<pg_sys::PublicationObjSpec>(list);
        let tables = objects().filter_map(|object| object.pubtable.as_ref());
        let is_plain = |object: &pg_sys::PublicationObjSpec| {
            object.pubtable.as_ref().is_some_and(|table| table.whereClause.is_null() && table.columns.is_null())
        };
        (tables.filter_map(|table| relation(table.relation)).collect(), !objects().all(is_plain))
    }
}

/// GRANT and REVOKE of privileges.
#[derive(Debug)]
pub struct Grant {
    pub kind: super::ObjectKind,
    pub is_grant: bool,
    /// Whether it is about default privileges, or everything in a schema.
    pub is_default: bool,
    pub relations: Vec<RelationName>,
    pub names: Vec<String>,
    /// The columns of all privileges.
    pub columns: Vec<String>,
    pub roles: Vec<Role>,
}

/// # Safety
/// `grant` must be part of a raw parse tree.
pub(super) unsafe fn grant<'p>(grant: &pg_sys::GrantStmt) -> Statement<'p> {
    // SAFETY: the caller guarantees the node.
    unsafe {
        let objects = objects(grant.objects);
        let columns = pointers::<pg_sys::AccessPriv>(grant.privileges).flat_map(|privilege| strings(privilege.cols));
        Statement::Grant(Grant {
            kind: kind(grant.objtype),
            is_grant: grant.is_grant,
            is_default: grant.targtype != pg_sys::GrantTargetType::ACL_TARGET_OBJECT,
            relations: relations(grant.objects),
            names: objects.iter().map(|object| object.last().to_owned()).collect(),
            columns: columns.collect(),
            roles: roles(grant.grantees),
        })
    }
}

//! Statements about roles and default privileges.

use super::objects::{role, roles};
use super::reading::{name, option, strings, text};
use super::{Role, Statement};
use crate::pg::list::{node, pointers};
use pgrx::pg_sys::{self, DefElem, List, Node, NodeTag};

/// CREATE ROLE, USER and GROUP.
#[derive(Debug)]
pub struct CreateRole {
    pub name: String,
    /// The roles of IN ROLE, ROLE and ADMIN.
    pub members: Vec<Role>,
    /// Whether SUPERUSER, REPLICATION or BYPASSRLS is given.
    pub is_powerful: bool,
}

/// ALTER DEFAULT PRIVILEGES.
#[derive(Debug)]
pub struct DefaultPrivileges {
    pub schemas: Vec<String>,
    /// FOR ROLE
    pub owners: Vec<Role>,
    pub grantees: Vec<Role>,
}

/// Returns the statement if it is about roles or default privileges.
///
/// # Safety
/// `item` must be a node of a raw parse tree that lives for `'p`, and `pointer` the same.
pub(super) unsafe fn statement<'p>(item: &Node, pointer: *mut Node) -> Option<Statement<'p>> {
    // SAFETY: the caller guarantees the node; each tag identifies its type.
    unsafe {
        Some(match item.type_ {
            NodeTag::T_CreateRoleStmt => {
                let create = &*pointer.cast::<pg_sys::CreateRoleStmt>();
                let members = ["addroleto", "rolemembers", "adminmembers"];
                let has = |wanted: &str| {
                    option(create.options, wanted)
                        .flatten()
                        .is_some_and(|value| !["false", "0"].contains(&value.as_str()))
                };
                Statement::CreateRole(CreateRole {
                    name: name(create.role),
                    members: members.iter().flat_map(|wanted| listed(create.options, wanted)).collect(),
                    is_powerful: ["superuser", "isreplication", "bypassrls"].into_iter().any(has),
                })
            }
            NodeTag::T_AlterRoleStmt => {
                let alter = &*pointer.cast::<pg_sys::AlterRoleStmt>();
                Statement::AlterRole { role: role(alter.role), setting: None }
            }
            NodeTag::T_AlterRoleSetStmt => {
                let alter = &*pointer.cast::<pg_sys::AlterRoleSetStmt>();
                let setting = alter.setstmt.as_ref().and_then(|set| text(set.name));
                Statement::AlterRole { role: role(alter.role), setting }
            }
            NodeTag::T_DropRoleStmt => {
                let drop = &*pointer.cast::<pg_sys::DropRoleStmt>();
                Statement::DropRole { roles: roles(drop.roles), missing_ok: drop.missing_ok }
            }
            NodeTag::T_AlterDefaultPrivilegesStmt => {
                let alter = &*pointer.cast::<pg_sys::AlterDefaultPrivilegesStmt>();
                let schemas = pointers::<DefElem>(alter.options)
                    .filter(|element| text(element.defname).as_deref() == Some("schemas"))
                    .flat_map(|element| strings(element.arg.cast()));
                Statement::DefaultPrivileges(DefaultPrivileges {
                    schemas: schemas.collect(),
                    owners: listed(alter.options, "roles"),
                    grantees: alter.action.as_ref().map(|grant| roles(grant.grantees)).unwrap_or_default(),
                })
            }
            _ => return None,
        })
    }
}

/// Returns the roles that an option lists.
///
/// # Safety
/// `options` must be a list of DefElems.
unsafe fn listed(options: *mut List, wanted: &str) -> Vec<Role> {
    // SAFETY: the caller guarantees the list, and the grammar that this option has a list of roles.
    unsafe {
        pointers::<DefElem>(options)
            .filter(|element| text(element.defname).as_deref() == Some(wanted))
            .filter_map(|element| node::<List>(element.arg, NodeTag::T_List))
            .flat_map(|list| roles(std::ptr::from_ref(list).cast_mut()))
            .collect()
    }
}

//! Reads from a command's parse tree what it does to a table's defaults, partitions, triggers and
//! sequences.

use crate::pg::list::{node, pointers};
use pgrx::pg_sys::{self, AlterTableCmd, AlterTableType, NodeTag, Oid, RangeVar};
use std::ffi::CStr;

/// The tables and sequences that have to be judged as a whole after the command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// Tables with columns that draw from another sequence now, or that have become partitions.
    pub redefined: Vec<Oid>,
    /// A sequence with a new position, or with other bounds.
    pub moved: Option<Oid>,
    /// Whether sequences have restarted that the command does not name, by TRUNCATE … RESTART
    /// IDENTITY.
    pub has_reset: bool,
}

impl Change {
    pub fn is_none(&self) -> bool {
        self.redefined.is_empty() && self.moved.is_none() && !self.has_reset
    }
}

/// The effect of an ALTER TABLE, as far as the guard's triggers depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Only enables or disables triggers.
    SwitchesTriggers,
    /// Only attaches or detaches this partition.
    MovesPartition(Oid),
    Other,
}

/// Whether `change` may find something in it.
///
/// # Safety
/// `tree` must be a command's parse tree, or null.
pub(in crate::pg) unsafe fn may_change(tree: *const pg_sys::Node) -> bool {
    use NodeTag::{T_AlterSeqStmt, T_AlterTableStmt, T_TruncateStmt};
    // SAFETY: every node has a tag.
    unsafe { tree.as_ref() }
        .is_some_and(|node| matches!(node.type_, T_AlterTableStmt | T_AlterSeqStmt | T_TruncateStmt))
}

/// Returns what the command has changed.
///
/// # Safety
/// `tree` must be the parse tree of a command that has ended, or null.
pub(in crate::pg) unsafe fn change(tree: *const pg_sys::Node) -> Change {
    // SAFETY: tags identify nodes, and with that the contents of their lists; names are C strings.
    unsafe {
        if let Some(command) = node::<pg_sys::AlterTableStmt>(tree, NodeTag::T_AlterTableStmt) {
            let redefined = pointers(command.cmds).filter_map(|part| redefined(command, part)).collect();
            return Change { redefined, ..Change::default() };
        }
        if let Some(command) = node::<pg_sys::TruncateStmt>(tree, NodeTag::T_TruncateStmt) {
            return Change { has_reset: command.restart_seqs, ..Change::default() };
        }
        let Some(command) = node::<pg_sys::AlterSeqStmt>(tree, NodeTag::T_AlterSeqStmt) else {
            return Change::default();
        };
        let mut options = pointers::<pg_sys::DefElem>(command.options);
        let is_set = options.any(|option| CStr::from_ptr(option.defname) != c"owned_by");
        Change { moved: relation(command.sequence).filter(|_| is_set), ..Change::default() }
    }
}

/// Returns the table that a part of ALTER TABLE concerns.
///
/// # Safety
/// As for `change`.
unsafe fn redefined(command: &pg_sys::AlterTableStmt, part: &AlterTableCmd) -> Option<Oid> {
    // SAFETY: as in `change`.
    unsafe {
        match part.subtype {
            AlterTableType::AT_ColumnDefault if part.def.is_null() => None,
            AlterTableType::AT_ColumnDefault | AlterTableType::AT_AddIdentity | AlterTableType::AT_SetIdentity => {
                relation(command.relation)
            }
            AlterTableType::AT_AttachPartition => relation(part.def.cast::<pg_sys::PartitionCmd>().as_ref()?.name),
            _ => None,
        }
    }
}

/// Returns the relation that a CREATE TABLE or ALTER TABLE creates or alters.
///
/// # Safety
/// As for `change`.
pub(in crate::pg) unsafe fn only_relation(tree: *const pg_sys::Node) -> Option<Oid> {
    // SAFETY: as in `change`.
    unsafe {
        match node::<pg_sys::CreateStmt>(tree, NodeTag::T_CreateStmt) {
            Some(command) => relation(command.relation),
            None => relation(node::<pg_sys::AlterTableStmt>(tree, NodeTag::T_AlterTableStmt)?.relation),
        }
    }
}

/// Returns the action of an ALTER TABLE.
///
/// # Safety
/// As for `change`.
pub(in crate::pg) unsafe fn action(tree: *const pg_sys::Node) -> Action {
    use AlterTableType::{AT_DisableTrigUser, AT_EnableTrig};
    // SAFETY: as in `change`.
    unsafe {
        let Some(command) = node::<pg_sys::AlterTableStmt>(tree, NodeTag::T_AlterTableStmt) else {
            return Action::Other;
        };
        // The eight subtypes are consecutive.
        let is_switch = |part: &AlterTableCmd| (AT_EnableTrig..=AT_DisableTrigUser).contains(&part.subtype);
        if pointers(command.cmds).all(is_switch) {
            return Action::SwitchesTriggers;
        }
        let mut parts = pointers::<AlterTableCmd>(command.cmds);
        let only = parts.next().filter(|_| parts.next().is_none());
        let moves = only.filter(|part| {
            matches!(part.subtype, AlterTableType::AT_AttachPartition | AlterTableType::AT_DetachPartition)
        });
        let partition = moves.and_then(|part| part.def.cast::<pg_sys::PartitionCmd>().as_ref());
        match partition.and_then(|partition| relation(partition.name)) {
            Some(partition) => Action::MovesPartition(partition),
            None => Action::Other,
        }
    }
}

/// Whether the command has created a temporary table. Some applications create many.
///
/// # Safety
/// As for `change`.
pub(in crate::pg) unsafe fn makes_temporary(tree: *const pg_sys::Node) -> bool {
    // SAFETY: as in `change`.
    unsafe {
        let create = node::<pg_sys::CreateStmt>(tree, NodeTag::T_CreateStmt);
        let name = create.and_then(|create| create.relation.as_ref());
        name.is_some_and(|name| name.relpersistence as u8 == pg_sys::RELPERSISTENCE_TEMP)
    }
}

/// Returns the relation that a name in the command refers to. Needs no privilege: an event trigger
/// may have revoked the command's privileges, and the command must not fail because of that.
///
/// # Safety
/// `name` must be a name in a parse tree, or null.
pub(in crate::pg) unsafe fn relation(name: *const RangeVar) -> Option<Oid> {
    // SAFETY: the caller guarantees a RangeVar or null; names are C strings, and are looked up in
    // the system cache.
    let oid = unsafe {
        let name = name.as_ref()?;
        if name.schemaname.is_null() {
            pg_sys::RelnameGetRelid(name.relname)
        } else if CStr::from_ptr(name.schemaname) == c"pg_temp" {
            let (mut own, mut own_toast) = (pg_sys::InvalidOid, pg_sys::InvalidOid);
            pg_sys::GetTempNamespaceState(&mut own, &mut own_toast);
            pg_sys::get_relname_relid(name.relname, own)
        } else {
            pg_sys::get_relname_relid(name.relname, pg_sys::get_namespace_oid(name.schemaname, true))
        }
    };
    (oid != pg_sys::InvalidOid).then_some(oid)
}

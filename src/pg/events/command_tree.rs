//! What a command does to a table's defaults, partitions, triggers and sequences, by its parse tree.

use crate::pg::list::pointers;
use pgrx::pg_sys::{self, AlterTableCmd, AlterTableType, NodeTag, Oid, RangeVar};
use std::ffi::CStr;

/// What has to be looked at as a whole once the command is done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// Tables whose columns draw from another sequence now, or that have become partitions.
    pub redefined: Vec<Oid>,
    /// A sequence that has another position, or other bounds.
    pub moved: Option<Oid>,
    /// Sequences have started over that the command does not name: those of TRUNCATE … RESTART IDENTITY.
    pub has_reset: bool,
}

impl Change {
    pub fn is_none(&self) -> bool {
        self.redefined.is_empty() && self.moved.is_none() && !self.has_reset
    }
}

/// What an ALTER TABLE does, as far as the guard's triggers depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Switches triggers on or off, and does nothing else.
    SwitchesTriggers,
    /// Attaches or detaches this partition, and does nothing else.
    MovesPartition(Oid),
    Other,
}

/// Whether `change` may find something in it.
///
/// # Safety
/// A command's parse tree, or null.
pub(in crate::pg) unsafe fn may_change(tree: *const pg_sys::Node) -> bool {
    use NodeTag::{T_AlterSeqStmt, T_AlterTableStmt, T_TruncateStmt};
    // SAFETY: every node has a tag.
    unsafe { tree.as_ref() }
        .is_some_and(|node| matches!(node.type_, T_AlterTableStmt | T_AlterSeqStmt | T_TruncateStmt))
}

/// # Safety
/// The parse tree of a command that has ended, or null.
pub(in crate::pg) unsafe fn change(tree: *const pg_sys::Node) -> Change {
    // SAFETY: tags tell what nodes are, and with that what their lists hold; names are C strings.
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

/// The table that a part of ALTER TABLE concerns.
///
/// # Safety
/// As `change`.
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

/// The one relation that a command makes or alters, by CREATE TABLE or ALTER TABLE.
///
/// # Safety
/// As `change`.
pub(in crate::pg) unsafe fn only_relation(tree: *const pg_sys::Node) -> Option<Oid> {
    // SAFETY: as in `change`.
    unsafe {
        match node::<pg_sys::CreateStmt>(tree, NodeTag::T_CreateStmt) {
            Some(command) => relation(command.relation),
            None => relation(node::<pg_sys::AlterTableStmt>(tree, NodeTag::T_AlterTableStmt)?.relation),
        }
    }
}

/// Returns what an ALTER TABLE does, where that is one of the actions that have a case of their own.
///
/// # Safety
/// As `change`.
pub(in crate::pg) unsafe fn action(tree: *const pg_sys::Node) -> Action {
    use AlterTableType::{AT_DisableTrigUser, AT_EnableTrig};
    // SAFETY: as in `change`.
    unsafe {
        let Some(command) = node::<pg_sys::AlterTableStmt>(tree, NodeTag::T_AlterTableStmt) else {
            return Action::Other;
        };
        // The eight of them follow one another.
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

/// Whether the command has made a temporary table, of which many are made by some.
///
/// # Safety
/// As `change`.
pub(in crate::pg) unsafe fn makes_temporary(tree: *const pg_sys::Node) -> bool {
    // SAFETY: as in `change`.
    unsafe {
        let create = node::<pg_sys::CreateStmt>(tree, NodeTag::T_CreateStmt);
        let name = create.and_then(|create| create.relation.as_ref());
        name.is_some_and(|name| name.relpersistence as u8 == pg_sys::RELPERSISTENCE_TEMP)
    }
}

/// The relation that a name means to the command. Needs no privilege: an event trigger may have taken those away that the
/// command had, and the command must not fail for that.
///
/// # Safety
/// A name in a parse tree, or null.
unsafe fn relation(name: *const RangeVar) -> Option<Oid> {
    // SAFETY: the caller's promise; names are C strings, and are looked up in the system cache.
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

/// The node, if it is one of this kind.
///
/// # Safety
/// A node or null; `T` is what the tag stands for.
unsafe fn node<'a, T>(pointer: *const pg_sys::Node, tag: NodeTag) -> Option<&'a T> {
    // SAFETY: the caller's promise.
    unsafe { pointer.as_ref().filter(|node| node.type_ == tag).map(|node| &*std::ptr::from_ref(node).cast::<T>()) }
}

//! ALTER TABLE … ENABLE TRIGGER and DISABLE TRIGGER, as a command's parse tree has them.

use super::list::pointers;
use pgrx::pg_sys::{self, NodeTag, Oid};

/// The table, if all the command does is to switch triggers of it on or off.
///
/// # Safety
/// A command's parse tree, or null.
pub(super) unsafe fn table(tree: *mut pg_sys::Node) -> Option<Oid> {
    use pg_sys::AlterTableType::{AT_DisableTrigUser, AT_EnableTrig};
    // SAFETY: tags tell what nodes are; a look-up in the system cache.
    unsafe {
        let command = tree.as_ref().filter(|node| node.type_ == NodeTag::T_AlterTableStmt)?;
        let command = &*std::ptr::from_ref(command).cast::<pg_sys::AlterTableStmt>();
        // The eight of them follow one another.
        let is_switch = |part: &pg_sys::AlterTableCmd| (AT_EnableTrig..=AT_DisableTrigUser).contains(&part.subtype);
        if !pointers::<pg_sys::AlterTableCmd>(command.cmds).all(is_switch) {
            return None;
        }
        let (no_lock, or_none) = (pg_sys::NoLock as pg_sys::LOCKMODE, pg_sys::RVROption::RVR_MISSING_OK);
        let oid = pg_sys::RangeVarGetRelidExtended(command.relation, no_lock, or_none, None, std::ptr::null_mut());
        (oid != pg_sys::InvalidOid).then_some(oid)
    }
}

//! Tells from a parse tree how a statement has to be rehearsed, and removes CONCURRENTLY.

use crate::pg::command_tree::relation;
use crate::pg::list::{node, pointers};
use crate::pg::names::relation_kind;
use crate::pg::parser::raw::Parsed;
use pgrx::pg_sys::{self, Node, NodeTag};
use std::ffi::{CStr, CString, c_char};

unsafe extern "C-unwind" {
    // Declared in catalog/partition.h, which pgrx binds since 19.
    fn get_default_partition_oid(parent: pg_sys::Oid) -> pg_sys::Oid;
}

/// A statement, as far as it concerns transactions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// BEGIN or START TRANSACTION. `has_options`: it sets an isolation level or access mode.
    Begin {
        has_options: bool,
    },
    Commit {
        chain: bool,
    },
    Rollback {
        chain: bool,
    },
    Savepoint(CString),
    RollbackTo(CString),
    Release(CString),
    /// PREPARE TRANSACTION, COMMIT PREPARED or ROLLBACK PREPARED.
    TwoPhase,
    /// SET TRANSACTION, or a setting that only a transaction has.
    SetTransaction,
    /// SET LOCAL of a setting.
    SetLocal(CString),
    /// SET of a setting, for the session.
    Set(CString),
    SetConstraints,
    /// A statement that the server accepts in a transaction block only.
    OnlyInBlock(&'static str),
    /// The statement said CONCURRENTLY, which has been removed.
    Concurrently(Concurrent),
    CreateEnum,
    AddEnumValue,
    /// CALL or DO, which may commit.
    Procedure,
    Other,
}

/// A statement that said CONCURRENTLY.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Concurrent {
    CreateIndex,
    DropIndex,
    Reindex,
    Detach,
}

/// Settings that belong to a transaction.
const OF_TRANSACTION: &[&CStr] = &[c"transaction_isolation", c"transaction_read_only", c"transaction_deferrable"];

/// Returns what the first statement is. It removes CONCURRENTLY only if `removes_concurrently`.
pub fn command(parsed: &Parsed, removes_concurrently: bool) -> Command {
    let Some(statement) = parsed.raw().next() else { return Command::Other };
    // SAFETY: the parser made the tree, which lives as long as `parsed`, and which is not shared.
    unsafe { of(statement.stmt, removes_concurrently) }
}

/// # Safety
/// `tree` must be a statement's raw parse tree, or null.
unsafe fn of(tree: *mut Node, removes_concurrently: bool) -> Command {
    // SAFETY: tags identify nodes, and with that the contents of their fields.
    unsafe {
        let Some(tag) = tree.as_ref().map(|node| node.type_) else { return Command::Other };
        match tag {
            NodeTag::T_TransactionStmt => transaction(&*tree.cast::<pg_sys::TransactionStmt>()),
            NodeTag::T_VariableSetStmt => setting(&*tree.cast::<pg_sys::VariableSetStmt>()),
            NodeTag::T_ConstraintsSetStmt => Command::SetConstraints,
            NodeTag::T_LockStmt => Command::OnlyInBlock("LOCK TABLE"),
            NodeTag::T_DeclareCursorStmt => cursor(&*tree.cast::<pg_sys::DeclareCursorStmt>()),
            NodeTag::T_CreateEnumStmt => Command::CreateEnum,
            NodeTag::T_AlterEnumStmt => match (*tree.cast::<pg_sys::AlterEnumStmt>()).oldVal.is_null() {
                true => Command::AddEnumValue,
                false => Command::Other,
            },
            NodeTag::T_CallStmt | NodeTag::T_DoStmt => Command::Procedure,
            _ if removes_concurrently => remove_concurrently(tree, tag).map_or(Command::Other, Command::Concurrently),
            _ => Command::Other,
        }
    }
}

/// # Safety
/// The node must be a valid parse tree.
unsafe fn transaction(statement: &pg_sys::TransactionStmt) -> Command {
    use pg_sys::TransactionStmtKind::*;
    // SAFETY: the parser gives these statements a name.
    let name = || unsafe { c_text(statement.savepoint_name) };
    match statement.kind {
        TRANS_STMT_BEGIN | TRANS_STMT_START => Command::Begin { has_options: !statement.options.is_null() },
        TRANS_STMT_COMMIT => Command::Commit { chain: statement.chain },
        TRANS_STMT_ROLLBACK => Command::Rollback { chain: statement.chain },
        TRANS_STMT_SAVEPOINT => Command::Savepoint(name()),
        TRANS_STMT_RELEASE => Command::Release(name()),
        TRANS_STMT_ROLLBACK_TO => Command::RollbackTo(name()),
        _ => Command::TwoPhase,
    }
}

/// # Safety
/// The node must be a valid parse tree.
unsafe fn setting(statement: &pg_sys::VariableSetStmt) -> Command {
    use pg_sys::VariableSetKind::{VAR_RESET_ALL, VAR_SET_MULTI};
    // SAFETY: a C string, or null for RESET ALL.
    let name = unsafe { c_text(statement.name) };
    if statement.kind == VAR_RESET_ALL {
        return Command::Other;
    }
    // The name of SET SESSION CHARACTERISTICS is "SESSION CHARACTERISTICS".
    let is_multiple = statement.kind == VAR_SET_MULTI && name.to_bytes() != b"SESSION CHARACTERISTICS";
    if is_multiple || OF_TRANSACTION.contains(&name.as_c_str()) {
        Command::SetTransaction
    } else if statement.is_local {
        Command::SetLocal(name)
    } else {
        Command::Set(name)
    }
}

fn cursor(statement: &pg_sys::DeclareCursorStmt) -> Command {
    match statement.options & pg_sys::CURSOR_OPT_HOLD as i32 {
        0 => Command::OnlyInBlock("DECLARE CURSOR"),
        _ => Command::Other,
    }
}

/// Removes CONCURRENTLY, unless the server would refuse it for another reason than a transaction:
/// such a statement then fails with 25001, and is not rehearsed.
///
/// # Safety
/// `tree` must be a node of this kind in a raw parse tree.
unsafe fn remove_concurrently(tree: *mut Node, tag: NodeTag) -> Option<Concurrent> {
    // SAFETY: see above.
    unsafe {
        match tag {
            NodeTag::T_IndexStmt => {
                let index = &mut *tree.cast::<pg_sys::IndexStmt>();
                let is_refused = kind(index.relation) == Some(pg_sys::RELKIND_PARTITIONED_TABLE);
                if is_refused { None } else { taken(&mut index.concurrent, Concurrent::CreateIndex) }
            }
            NodeTag::T_DropStmt => {
                let drop = &mut *tree.cast::<pg_sys::DropStmt>();
                if !drop.concurrent || is_refused(drop) {
                    return None;
                }
                taken(&mut drop.concurrent, Concurrent::DropIndex)
            }
            NodeTag::T_ReindexStmt => {
                let options = (*tree.cast::<pg_sys::ReindexStmt>()).params;
                let mut found = false;
                for option in pointers::<pg_sys::DefElem>(options) {
                    if CStr::from_ptr(option.defname) == c"concurrently"
                        && pg_sys::defGetBoolean(std::ptr::from_ref(option).cast_mut())
                    {
                        let option = std::ptr::from_ref(option).cast_mut();
                        (*option).arg = pg_sys::makeInteger(0).cast();
                        found = true;
                    }
                }
                found.then_some(Concurrent::Reindex)
            }
            NodeTag::T_AlterTableStmt => {
                let table = (*tree.cast::<pg_sys::AlterTableStmt>()).relation;
                if relation(table).is_some_and(has_default_partition) {
                    return None;
                }
                let parts = (*tree.cast::<pg_sys::AlterTableStmt>()).cmds;
                let mut found = None;
                for part in pointers::<pg_sys::AlterTableCmd>(parts) {
                    if part.subtype == pg_sys::AlterTableType::AT_DetachPartition
                        && let Some(command) = node::<pg_sys::PartitionCmd>(part.def, NodeTag::T_PartitionCmd)
                    {
                        let command = std::ptr::from_ref(command).cast_mut();
                        found = found.or(taken(&mut (*command).concurrent, Concurrent::Detach));
                    }
                }
                found
            }
            _ => None,
        }
    }
}

/// Whether DROP INDEX CONCURRENTLY is impossible: for several indexes, with CASCADE, and for an
/// index of a partitioned table (RemoveRelations in commands/tablecmds.c).
///
/// # Safety
/// The node must be a valid parse tree.
unsafe fn is_refused(drop: &pg_sys::DropStmt) -> bool {
    // SAFETY: the names of relations are lists of strings.
    unsafe {
        let mut names = pointers::<pg_sys::List>(drop.objects);
        let (Some(name), None) = (names.next(), names.next()) else { return true };
        if name.length > 3 {
            return true;
        }
        let name = pg_sys::makeRangeVarFromNameList(std::ptr::from_ref(name).cast_mut());
        drop.behavior == pg_sys::DropBehavior::DROP_CASCADE || kind(name) == Some(pg_sys::RELKIND_PARTITIONED_INDEX)
    }
}

/// Whether the table has a default partition, with which DETACH … CONCURRENTLY is impossible
/// (ATExecDetachPartition in commands/tablecmds.c).
fn has_default_partition(table: pg_sys::Oid) -> bool {
    // SAFETY: looks the table up; 0 if it has none, or is not partitioned.
    let partition = unsafe { pg_sys::ffi::pg_guard_ffi_boundary(|| get_default_partition_oid(table)) };
    partition != pg_sys::InvalidOid
}

/// Returns the kind of the relation with this name.
///
/// # Safety
/// `name` must be a name in a parse tree, or null.
unsafe fn kind(name: *const pg_sys::RangeVar) -> Option<u8> {
    // SAFETY: the caller guarantees it.
    unsafe { relation(name) }.and_then(relation_kind)
}

fn taken(flag: &mut bool, what: Concurrent) -> Option<Concurrent> {
    std::mem::take(flag).then_some(what)
}

/// # Safety
/// `text` must be a C string or null.
unsafe fn c_text(text: *const c_char) -> CString {
    // SAFETY: the caller guarantees it.
    if text.is_null() { CString::default() } else { unsafe { CStr::from_ptr(text) }.to_owned() }
}

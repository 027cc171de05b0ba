//! The actions of ALTER TABLE.

use super::objects::{Role, role};
use super::reading::{name, relation, required_relation, text};
use super::sequence::{SequenceOptions, sequence_options};
use super::table::{Column, Constraint, column, constraint};
use super::{Raw, RelationName};
use crate::pg::list::node;
use pgrx::pg_sys::{self, AlterTableType as AT, Node, NodeTag};

#[derive(Debug)]
pub struct AlterCommand<'p> {
    pub action: AlterAction<'p>,
    pub missing_ok: bool,
    pub cascade: bool,
    /// The lock that the server acquires on the altered table (AlterTableGetLockLevel).
    pub lock: i32,
}

#[derive(Debug)]
pub enum AlterAction<'p> {
    AddColumn(Column<'p>),
    DropColumn(String),
    AlterType(Column<'p>),
    SetDefault {
        column: String,
        expression: Option<Raw<'p>>,
    },
    SetNotNull(String),
    DropNotNull(String),
    #[cfg(since_17)]
    SetExpression {
        column: String,
        expression: Option<Raw<'p>>,
    },
    DropExpression(String),
    AddIdentity(String, Box<SequenceOptions>),
    SetIdentity(String, Box<SequenceOptions>),
    DropIdentity(String),
    /// Storage, compression, statistics, options: of a column, or `None` for an index's number.
    ColumnOption {
        column: Option<String>,
        /// Whether it changes partitions and inheriting tables as well.
        of_children: bool,
    },
    AddConstraint(Constraint<'p>),
    AlterConstraint {
        name: String,
        enforced: Option<bool>,
        /// INHERIT, NO INHERIT.
        changes_inheritance: bool,
    },
    ValidateConstraint(String),
    DropConstraint(String),
    Owner(Role),
    AttachPartition {
        partition: RelationName,
        bound: Option<Raw<'p>>,
    },
    DetachPartition {
        partition: RelationName,
        is_concurrent: bool,
    },
    /// ENABLE or DISABLE TRIGGER name, ALL, USER.
    Trigger {
        name: Option<String>,
        is_all: bool,
        enables: bool,
    },
    Rule,
    RowSecurity {
        enables: bool,
    },
    ForceRowSecurity(bool),
    Inherit(RelationName),
    NoInherit(RelationName),
    /// With the index of USING INDEX.
    ReplicaIdentity(Option<String>),
    SetLogged(bool),
    SetAccessMethod,
    SetTablespace,
    SetOptions {
        options: Option<Raw<'p>>,
        is_reset: bool,
    },
    ClusterOn(String),
    Other,
}

/// # Safety
/// `command` must be part of a raw parse tree that lives for `'p`.
pub(super) unsafe fn alter<'p>(command: &pg_sys::AlterTableCmd, lock: i32) -> AlterCommand<'p> {
    // SAFETY: the caller guarantees the node.
    let action = unsafe { action(command) };
    let cascade = command.behavior == pg_sys::DropBehavior::DROP_CASCADE;
    AlterCommand { action, missing_ok: command.missing_ok, cascade, lock }
}

/// # Safety
/// As for `alter`.
pub(super) unsafe fn action<'p>(command: &pg_sys::AlterTableCmd) -> AlterAction<'p> {
    // SAFETY: the caller guarantees the node; the tags identify the definition's type.
    unsafe {
        let own = || name(command.name);
        let definition = || node::<pg_sys::ColumnDef>(command.def, NodeTag::T_ColumnDef);
        let partition = || node::<pg_sys::PartitionCmd>(command.def, NodeTag::T_PartitionCmd);
        match command.subtype {
            AT::AT_AddColumn => definition().map_or(AlterAction::Other, |found| AlterAction::AddColumn(column(found))),
            AT::AT_AlterColumnType => definition()
                .map_or(AlterAction::Other, |found| AlterAction::AlterType(Column { name: own(), ..column(found) })),
            AT::AT_ColumnDefault => AlterAction::SetDefault { column: own(), expression: Raw::new(command.def) },
            AT::AT_DropColumn => AlterAction::DropColumn(own()),
            AT::AT_SetNotNull => AlterAction::SetNotNull(own()),
            AT::AT_DropNotNull => AlterAction::DropNotNull(own()),
            #[cfg(since_17)]
            AT::AT_SetExpression => AlterAction::SetExpression { column: own(), expression: Raw::new(command.def) },
            AT::AT_DropExpression => AlterAction::DropExpression(own()),
            AT::AT_AddIdentity => {
                let found = node::<pg_sys::Constraint>(command.def, NodeTag::T_Constraint);
                let options = found.map(|found| sequence_options(found.options)).unwrap_or_default();
                AlterAction::AddIdentity(own(), Box::new(options))
            }
            AT::AT_SetIdentity => AlterAction::SetIdentity(own(), Box::new(sequence_options(command.def.cast()))),
            AT::AT_DropIdentity => AlterAction::DropIdentity(own()),
            AT::AT_SetStatistics
            | AT::AT_SetOptions
            | AT::AT_ResetOptions
            | AT::AT_SetStorage
            | AT::AT_SetCompression => AlterAction::ColumnOption {
                column: text(command.name),
                of_children: matches!(command.subtype, AT::AT_SetStatistics | AT::AT_SetStorage),
            },
            AT::AT_AddConstraint => node::<pg_sys::Constraint>(command.def, NodeTag::T_Constraint)
                .and_then(|found| constraint(found))
                .map_or(AlterAction::Other, AlterAction::AddConstraint),
            AT::AT_AlterConstraint => alter_constraint(command),
            AT::AT_ValidateConstraint => AlterAction::ValidateConstraint(own()),
            AT::AT_DropConstraint => AlterAction::DropConstraint(own()),
            AT::AT_ChangeOwner => role(command.newowner).map_or(AlterAction::Other, AlterAction::Owner),
            AT::AT_AttachPartition => partition().map_or(AlterAction::Other, |found| AlterAction::AttachPartition {
                partition: required_relation(found.name),
                bound: Raw::new(found.bound.cast()),
            }),
            AT::AT_DetachPartition => partition().map_or(AlterAction::Other, |found| AlterAction::DetachPartition {
                partition: required_relation(found.name),
                is_concurrent: found.concurrent,
            }),
            AT::AT_ReplicaIdentity => {
                let identity = node::<pg_sys::ReplicaIdentityStmt>(command.def, NodeTag::T_ReplicaIdentityStmt);
                AlterAction::ReplicaIdentity(identity.and_then(|identity| text(identity.name)))
            }
            AT::AT_AddInherit => parent(command.def).map_or(AlterAction::Other, AlterAction::Inherit),
            AT::AT_DropInherit => parent(command.def).map_or(AlterAction::Other, AlterAction::NoInherit),
            AT::AT_SetRelOptions | AT::AT_ResetRelOptions => AlterAction::SetOptions {
                options: Raw::new(command.def),
                is_reset: command.subtype == AT::AT_ResetRelOptions,
            },
            other => plain_action(other, text(command.name)),
        }
    }
}

pub(super) fn plain_action<'p>(subtype: AT::Type, name: Option<String>) -> AlterAction<'p> {
    let trigger = |name, is_all, enables| AlterAction::Trigger { name, is_all, enables };
    match subtype {
        AT::AT_EnableTrig | AT::AT_EnableAlwaysTrig | AT::AT_EnableReplicaTrig => trigger(name, false, true),
        AT::AT_DisableTrig => trigger(name, false, false),
        AT::AT_EnableTrigAll => trigger(None, true, true),
        AT::AT_DisableTrigAll => trigger(None, true, false),
        AT::AT_EnableTrigUser => trigger(None, false, true),
        AT::AT_DisableTrigUser => trigger(None, false, false),
        AT::AT_EnableRule | AT::AT_EnableAlwaysRule | AT::AT_EnableReplicaRule | AT::AT_DisableRule => {
            AlterAction::Rule
        }
        AT::AT_EnableRowSecurity => AlterAction::RowSecurity { enables: true },
        AT::AT_DisableRowSecurity => AlterAction::RowSecurity { enables: false },
        AT::AT_ForceRowSecurity => AlterAction::ForceRowSecurity(true),
        AT::AT_NoForceRowSecurity => AlterAction::ForceRowSecurity(false),
        AT::AT_SetLogged => AlterAction::SetLogged(true),
        AT::AT_SetUnLogged => AlterAction::SetLogged(false),
        AT::AT_SetAccessMethod => AlterAction::SetAccessMethod,
        AT::AT_SetTableSpace => AlterAction::SetTablespace,
        AT::AT_ClusterOn => AlterAction::ClusterOn(name.unwrap_or_default()),
        AT::AT_DropCluster => AlterAction::SetOptions { options: None, is_reset: false },
        _ => AlterAction::Other,
    }
}

/// # Safety
/// `definition` must be a node or null.
pub(super) unsafe fn parent(definition: *mut Node) -> Option<RelationName> {
    // SAFETY: the caller guarantees a node; the tag identifies it.
    unsafe { relation(node::<pg_sys::RangeVar>(definition, NodeTag::T_RangeVar)?) }
}

/// # Safety
/// As for `alter`.
#[cfg(since_18)]
pub(super) unsafe fn alter_constraint<'p>(command: &pg_sys::AlterTableCmd) -> AlterAction<'p> {
    // SAFETY: the caller guarantees the node; the grammar makes this definition.
    unsafe {
        let found = node::<pg_sys::ATAlterConstraint>(command.def, NodeTag::T_ATAlterConstraint);
        found.map_or(AlterAction::Other, |found| AlterAction::AlterConstraint {
            name: name(found.conname),
            enforced: found.alterEnforceability.then_some(found.is_enforced),
            changes_inheritance: found.alterInheritability,
        })
    }
}

/// # Safety
/// As for `alter`.
#[cfg(not(since_18))]
pub(super) unsafe fn alter_constraint<'p>(command: &pg_sys::AlterTableCmd) -> AlterAction<'p> {
    // SAFETY: the caller guarantees the node; the tag identifies the definition.
    unsafe {
        let found = node::<pg_sys::Constraint>(command.def, NodeTag::T_Constraint);
        found.map_or(AlterAction::Other, |found| AlterAction::AlterConstraint {
            name: name(found.conname),
            enforced: None,
            changes_inheritance: false,
        })
    }
}

//! Converts a statement of the raw parse tree.

use super::alter::alter;
use super::changes::{alter_domain, alter_policy, alter_publication, create_policy, create_publication, grant};
use super::data::{copy, dml, modes, transaction};
use super::definitions::{
    create_index, create_statistics, create_table, create_table_as, create_trigger, create_type, select_into,
};
use super::objects::{function, kind, object, objects, role, roles, values};
use super::reading::{flag, name, option, relation, relations, required_relation, strings, text, type_name};
use super::sequence::sequence_options;
use super::table::constraints;
use super::{AlterCommand, Drop, Raw, Rename, Statement, Tree};
use crate::pg::list::pointers;
use pgrx::pg_sys::{self, Node, NodeTag};
use std::ffi::CStr;

impl<'p> Tree<'p> {
    /// Converts a statement.
    ///
    /// # Safety
    /// `statement` must be the statement of a RawStmt that lives for `'p`.
    pub(in crate::pg) unsafe fn new(statement: *mut Node) -> Option<Tree<'p>> {
        // SAFETY: the caller guarantees the node; the tag's name is static.
        unsafe {
            let raw = Raw::new(statement)?;
            let tag = pg_sys::GetCommandTagName(pg_sys::CreateCommandTag(statement));
            let tag = CStr::from_ptr(tag).to_string_lossy().into_owned();
            Some(Tree { tag, statement: convert(&*statement, raw), raw })
        }
    }
}

/// # Safety
/// As for `Tree::new`.
unsafe fn convert<'p>(item: &Node, itself: Raw<'p>) -> Statement<'p> {
    // SAFETY: the caller guarantees the node; each tag identifies its type.
    unsafe {
        let pointer = std::ptr::from_ref(item).cast_mut();
        if let Some(found) = definition(item, pointer)
            .or_else(|| change(item, pointer))
            .or_else(|| super::role::statement(item, pointer))
            .or_else(|| command(item, pointer))
        {
            return found;
        }
        match item.type_ {
            NodeTag::T_DoStmt => Statement::Do,
            NodeTag::T_CallStmt => Statement::Call { function: itself },
            other => Statement::Other { refuses_transaction: refuses_transaction(other) },
        }
    }
}

/// Whether the statement calls PreventInTransactionBlock (tcop/utility.c), besides those that have
/// a kind of their own.
fn refuses_transaction(tag: NodeTag) -> bool {
    let always = [
        NodeTag::T_CreatedbStmt,
        NodeTag::T_DropdbStmt,
        NodeTag::T_CreateTableSpaceStmt,
        NodeTag::T_DropTableSpaceStmt,
        NodeTag::T_AlterSystemStmt,
    ];
    always.contains(&tag)
}

/// Statements that create something.
///
/// # Safety
/// `pointer` must be the node `item`.
unsafe fn definition<'p>(item: &Node, pointer: *mut Node) -> Option<Statement<'p>> {
    // SAFETY: the caller guarantees the node; each tag identifies its type.
    unsafe {
        Some(match item.type_ {
            NodeTag::T_CreateStmt => Statement::CreateTable(create_table(&*pointer.cast(), false)),
            NodeTag::T_CreateForeignTableStmt => {
                let foreign = &*pointer.cast::<pg_sys::CreateForeignTableStmt>();
                let mut create = create_table(&foreign.base, true);
                create.storage.server = text(foreign.servername);
                Statement::CreateTable(create)
            }
            NodeTag::T_CreateTableAsStmt => return create_table_as(&*pointer.cast()),
            NodeTag::T_SelectStmt => return select_into(&*pointer.cast(), pointer),
            NodeTag::T_IndexStmt => Statement::CreateIndex(create_index(&*pointer.cast())),
            NodeTag::T_ViewStmt => {
                let view = &*pointer.cast::<pg_sys::ViewStmt>();
                let (relation, columns) = (required_relation(view.view), strings(view.aliases));
                let (query, options) = (Raw::new(view.query)?, Raw::new(view.options.cast()));
                Statement::CreateView { relation, columns, query, is_replace: view.replace, options }
            }
            NodeTag::T_CreateSeqStmt => {
                let sequence = &*pointer.cast::<pg_sys::CreateSeqStmt>();
                Statement::CreateSequence {
                    relation: required_relation(sequence.sequence),
                    if_not_exists: sequence.if_not_exists,
                    options: Box::new(sequence_options(sequence.options)),
                }
            }
            NodeTag::T_CreateEnumStmt | NodeTag::T_CompositeTypeStmt | NodeTag::T_CreateRangeStmt => {
                return create_type(item, pointer);
            }
            NodeTag::T_CreateDomainStmt => {
                let domain = &*pointer.cast::<pg_sys::CreateDomainStmt>();
                Statement::CreateDomain {
                    name: strings(domain.domainname),
                    base: type_name(domain.typeName),
                    constraints: constraints(domain.constraints),
                }
            }
            NodeTag::T_CreateFunctionStmt => Statement::CreateFunction(function(&*pointer.cast())),
            NodeTag::T_CreateTrigStmt => Statement::CreateTrigger(create_trigger(&*pointer.cast())),
            NodeTag::T_CreatePolicyStmt => Statement::CreatePolicy(create_policy(&*pointer.cast())),
            NodeTag::T_CreateSchemaStmt => {
                let schema = &*pointer.cast::<pg_sys::CreateSchemaStmt>();
                Statement::CreateSchema {
                    name: text(schema.schemaname),
                    owner: role(schema.authrole),
                    if_not_exists: schema.if_not_exists,
                    elements: !schema.schemaElts.is_null(),
                }
            }
            NodeTag::T_CreateExtensionStmt => {
                let extension = &*pointer.cast::<pg_sys::CreateExtensionStmt>();
                Statement::CreateExtension {
                    name: name(extension.extname),
                    if_not_exists: extension.if_not_exists,
                    version: option(extension.options, "new_version").flatten(),
                    schema: option(extension.options, "schema").flatten(),
                    cascade: flag(extension.options, "cascade"),
                }
            }
            NodeTag::T_RuleStmt => {
                let rule = &*pointer.cast::<pg_sys::RuleStmt>();
                let relation = required_relation(rule.relation);
                Statement::CreateRule { name: name(rule.rulename), relation, is_replace: rule.replace }
            }
            NodeTag::T_CreateStatsStmt => create_statistics(&*pointer.cast()),
            _ => return None,
        })
    }
}

/// Statements that change or drop something.
///
/// # Safety
/// `pointer` must be the node `item`.
unsafe fn change<'p>(item: &Node, pointer: *mut Node) -> Option<Statement<'p>> {
    // SAFETY: the caller guarantees the node; each tag identifies its type.
    unsafe {
        Some(match item.type_ {
            NodeTag::T_AlterTableStmt => {
                let alter = &*pointer.cast::<pg_sys::AlterTableStmt>();
                Statement::AlterTable {
                    relation: required_relation(alter.relation),
                    kind: kind(alter.objtype),
                    commands: commands(alter.cmds),
                    missing_ok: alter.missing_ok,
                }
            }
            NodeTag::T_AlterSeqStmt => {
                let sequence = &*pointer.cast::<pg_sys::AlterSeqStmt>();
                Statement::AlterSequence {
                    relation: required_relation(sequence.sequence),
                    options: Box::new(sequence_options(sequence.options)),
                    missing_ok: sequence.missing_ok,
                }
            }
            NodeTag::T_AlterEnumStmt => {
                let alter = &*pointer.cast::<pg_sys::AlterEnumStmt>();
                Statement::AlterEnum {
                    name: strings(alter.typeName),
                    old: text(alter.oldVal),
                    value: name(alter.newVal),
                    neighbor: text(alter.newValNeighbor),
                    if_not_exists: alter.skipIfNewValExists,
                }
            }
            NodeTag::T_AlterDomainStmt => alter_domain(&*pointer.cast()),
            NodeTag::T_AlterExtensionStmt => {
                let alter = &*pointer.cast::<pg_sys::AlterExtensionStmt>();
                let version = option(alter.options, "new_version").flatten();
                Statement::UpdateExtension { name: name(alter.extname), version }
            }
            NodeTag::T_AlterPolicyStmt => Statement::AlterPolicy(alter_policy(&*pointer.cast())),
            NodeTag::T_CreatePublicationStmt => create_publication(&*pointer.cast()),
            NodeTag::T_AlterPublicationStmt => alter_publication(&*pointer.cast()),
            NodeTag::T_DropStmt => {
                let drop = &*pointer.cast::<pg_sys::DropStmt>();
                Statement::Drop(Drop {
                    kind: kind(drop.removeType),
                    objects: objects(drop.objects),
                    missing_ok: drop.missing_ok,
                    cascade: drop.behavior == pg_sys::DropBehavior::DROP_CASCADE,
                    is_concurrent: drop.concurrent,
                })
            }
            NodeTag::T_RenameStmt => {
                let rename = &*pointer.cast::<pg_sys::RenameStmt>();
                Statement::Rename(Rename {
                    kind: kind(rename.renameType),
                    relation: relation(rename.relation),
                    object: object(rename.object),
                    part: text(rename.subname),
                    new_name: name(rename.newname),
                    missing_ok: rename.missing_ok,
                })
            }
            NodeTag::T_AlterObjectSchemaStmt => {
                let alter = &*pointer.cast::<pg_sys::AlterObjectSchemaStmt>();
                Statement::SetSchema {
                    kind: kind(alter.objectType),
                    relation: relation(alter.relation),
                    object: object(alter.object),
                    schema: name(alter.newschema),
                    missing_ok: alter.missing_ok,
                }
            }
            NodeTag::T_AlterOwnerStmt => {
                let alter = &*pointer.cast::<pg_sys::AlterOwnerStmt>();
                Statement::SetOwner {
                    kind: kind(alter.objectType),
                    object: object(alter.object),
                    owner: role(alter.newowner)?,
                }
            }
            NodeTag::T_GrantStmt => grant(&*pointer.cast()),
            NodeTag::T_GrantRoleStmt => {
                let grant = &*pointer.cast::<pg_sys::GrantRoleStmt>();
                let granted = pointers::<pg_sys::AccessPriv>(grant.granted_roles);
                let granted = granted.filter_map(|privilege| text(privilege.priv_name)).collect();
                Statement::GrantRole { granted, roles: roles(grant.grantee_roles), is_grant: grant.is_grant }
            }
            NodeTag::T_CommentStmt => {
                let comment = &*pointer.cast::<pg_sys::CommentStmt>();
                Statement::Comment { kind: kind(comment.objtype), object: object(comment.object) }
            }
            _ => return None,
        })
    }
}

/// All others.
///
/// # Safety
/// `pointer` must be the node `item`.
unsafe fn command<'p>(item: &Node, pointer: *mut Node) -> Option<Statement<'p>> {
    // SAFETY: the caller guarantees the node; each tag identifies its type.
    unsafe {
        Some(match item.type_ {
            NodeTag::T_VariableSetStmt => set(&*pointer.cast()),
            NodeTag::T_ConstraintsSetStmt => {
                let set = &*pointer.cast::<pg_sys::ConstraintsSetStmt>();
                let names = (!set.constraints.is_null()).then(|| relations(set.constraints));
                Statement::SetConstraints { deferred: set.deferred, names }
            }
            NodeTag::T_TransactionStmt => Statement::Transaction(transaction(&*pointer.cast())),
            NodeTag::T_TruncateStmt => {
                let truncate = &*pointer.cast::<pg_sys::TruncateStmt>();
                Statement::Truncate {
                    relations: relations(truncate.relations),
                    cascade: truncate.behavior == pg_sys::DropBehavior::DROP_CASCADE,
                }
            }
            NodeTag::T_CopyStmt => Statement::Copy(copy(&*pointer.cast())),
            NodeTag::T_VacuumStmt => {
                let vacuum = &*pointer.cast::<pg_sys::VacuumStmt>();
                let named =
                    pointers::<pg_sys::VacuumRelation>(vacuum.rels).filter_map(|named| relation(named.relation));
                let is_full = flag(vacuum.options, "full");
                Statement::Vacuum { relations: named.collect(), is_analyze: !vacuum.is_vacuumcmd, is_full }
            }
            NodeTag::T_ReindexStmt => reindex(&*pointer.cast()),
            NodeTag::T_RefreshMatViewStmt => {
                let refresh = &*pointer.cast::<pg_sys::RefreshMatViewStmt>();
                Statement::Refresh {
                    relation: required_relation(refresh.relation),
                    is_concurrent: refresh.concurrent,
                    with_data: !refresh.skipData,
                }
            }
            NodeTag::T_LockStmt => {
                let lock = &*pointer.cast::<pg_sys::LockStmt>();
                Statement::Lock { relations: relations(lock.relations), mode: lock.mode }
            }
            #[cfg(not(since_19))]
            NodeTag::T_ClusterStmt => {
                let cluster = &*pointer.cast::<pg_sys::ClusterStmt>();
                let (named, index) = (relation(cluster.relation), text(cluster.indexname));
                Statement::Cluster { relation: named, index, is_concurrent: false }
            }
            #[cfg(since_19)]
            NodeTag::T_RepackStmt => {
                let repack = &*pointer.cast::<pg_sys::RepackStmt>();
                let named = repack.relation.as_ref().and_then(|named| relation(named.relation));
                let is_concurrent = flag(repack.params, "concurrently");
                Statement::Cluster { relation: named, index: text(repack.indexname), is_concurrent }
            }
            _ => Statement::Dml(dml(item)?),
        })
    }
}

/// # Safety
/// `list` must be a list of AlterTableCmds of a raw parse tree that lives for `'p`.
unsafe fn commands<'p>(list: *mut pg_sys::List) -> Vec<AlterCommand<'p>> {
    // SAFETY: the caller guarantees the list; a list of one command is made for each, since the
    // lock that the server acquires is the strongest of all.
    unsafe {
        pointers::<pg_sys::AlterTableCmd>(list)
            .map(|command| {
                let one = pg_sys::lappend(std::ptr::null_mut(), std::ptr::from_ref(command).cast_mut().cast());
                alter(command, pg_sys::AlterTableGetLockLevel(one))
            })
            .collect()
    }
}

/// # Safety
/// `set` must be part of a raw parse tree.
unsafe fn set<'p>(set: &pg_sys::VariableSetStmt) -> Statement<'p> {
    use pg_sys::VariableSetKind as Kind;
    // SAFETY: the caller guarantees the node.
    unsafe {
        Statement::Set {
            name: name(set.name),
            values: (set.kind == Kind::VAR_SET_VALUE || set.kind == Kind::VAR_SET_MULTI).then(|| values(set.args)),
            is_local: set.is_local,
            modes: (set.kind == Kind::VAR_SET_MULTI).then(|| modes(set.args)),
            is_reset_all: set.kind == Kind::VAR_RESET_ALL,
        }
    }
}

/// # Safety
/// `reindex` must be part of a raw parse tree.
unsafe fn reindex<'p>(reindex: &pg_sys::ReindexStmt) -> Statement<'p> {
    use pg_sys::ReindexObjectType as Kind;
    // SAFETY: the caller guarantees the node.
    unsafe {
        Statement::Reindex {
            relation: relation(reindex.relation),
            is_index: reindex.kind == Kind::REINDEX_OBJECT_INDEX,
            is_concurrent: flag(reindex.params, "concurrently"),
            is_database: ![Kind::REINDEX_OBJECT_INDEX, Kind::REINDEX_OBJECT_TABLE].contains(&reindex.kind),
        }
    }
}

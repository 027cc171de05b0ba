//! Converts CREATE TABLE, INDEX and TRIGGER.

use super::objects::{kind, raw};
use super::reading::{name, relation, relations, required_relation, strings, text, type_name};
use super::table::{column, constraint, constraints, index_column};
use super::{CreateIndex, CreateTable, CreateTrigger, Raw, Statement, Transition};
use crate::pg::list::{node, pointers};
use pgrx::pg_sys::{self, Node, NodeTag};

/// # Safety
/// `create` must be part of a raw parse tree that lives for `'p`.
pub(super) unsafe fn create_table<'p>(create: &pg_sys::CreateStmt, is_foreign: bool) -> CreateTable<'p> {
    // SAFETY: the caller guarantees the node; each tag identifies its type.
    unsafe {
        let elements = || pointers::<Node>(create.tableElts);
        let columns = elements().filter_map(|item| node::<pg_sys::ColumnDef>(item, NodeTag::T_ColumnDef));
        let likes = || elements().filter_map(|item| node::<pg_sys::TableLikeClause>(item, NodeTag::T_TableLikeClause));
        let copies =
            |like: &pg_sys::TableLikeClause| like.options & pg_sys::TableLikeOption::CREATE_TABLE_LIKE_INDEXES != 0;
        let copies_indexes = likes().any(copies);
        let listed = elements().filter_map(|item| node::<pg_sys::Constraint>(item, NodeTag::T_Constraint));
        let key = |element: &pg_sys::PartitionElem| text(element.name);
        let mut constraints = constraints(create.constraints);
        constraints.extend(listed.filter_map(|item| constraint(item)));
        CreateTable {
            relation: required_relation(create.relation),
            columns: columns.map(|item| column(item)).collect(),
            constraints,
            parents: relations(create.inhRelations),
            likes: likes().filter_map(|like| relation(like.relation)).collect(),
            copies_indexes,
            partition_bound: raw(create.partbound),
            partition_key: create
                .partspec
                .as_ref()
                .map(|specification| pointers::<pg_sys::PartitionElem>(specification.partParams).map(key).collect()),
            of_type: !create.ofTypename.is_null(),
            is_foreign,
            if_not_exists: create.if_not_exists,
        }
    }
}

/// # Safety
/// As for `create_table`.
pub(super) unsafe fn create_table_as<'p>(create: &pg_sys::CreateTableAsStmt) -> Option<Statement<'p>> {
    // SAFETY: the caller guarantees the node.
    unsafe {
        let into = create.into.as_ref()?;
        Some(Statement::CreateTableAs {
            relation: required_relation(into.rel),
            columns: strings(into.colNames),
            query: Raw::new(create.query)?,
            is_view: kind(create.objtype) == super::ObjectKind::MaterializedView,
            if_not_exists: create.if_not_exists,
            with_data: !into.skipData,
        })
    }
}

/// Returns SELECT INTO; `None` for any other SELECT.
///
/// # Safety
/// As for `create_table`; `pointer` must be the node `select`.
pub(super) unsafe fn select_into<'p>(select: &pg_sys::SelectStmt, pointer: *mut Node) -> Option<Statement<'p>> {
    // SAFETY: the caller guarantees the node.
    unsafe {
        let into = select.intoClause.as_ref()?;
        Some(Statement::CreateTableAs {
            relation: required_relation(into.rel),
            columns: strings(into.colNames),
            query: Raw::new(pointer)?,
            is_view: false,
            if_not_exists: false,
            with_data: true,
        })
    }
}

/// # Safety
/// As for `create_table`.
pub(super) unsafe fn create_index<'p>(index: &pg_sys::IndexStmt) -> CreateIndex<'p> {
    // SAFETY: the caller guarantees the node, and the grammar the types of its parts.
    unsafe {
        let included =
            pointers::<pg_sys::IndexElem>(index.indexIncludingParams).filter_map(|element| text(element.name));
        CreateIndex {
            name: text(index.idxname),
            relation: required_relation(index.relation),
            method: name(index.accessMethod),
            columns: pointers::<pg_sys::IndexElem>(index.indexParams).map(|element| index_column(element)).collect(),
            including: included.collect(),
            predicate: Raw::new(index.whereClause),
            is_unique: index.unique,
            nulls_not_distinct: index.nulls_not_distinct,
            is_concurrent: index.concurrent,
            if_not_exists: index.if_not_exists,
        }
    }
}

/// # Safety
/// As for `create_table`.
pub(super) unsafe fn create_trigger<'p>(trigger: &pg_sys::CreateTrigStmt) -> CreateTrigger<'p> {
    // SAFETY: the caller guarantees the node.
    unsafe {
        CreateTrigger {
            name: name(trigger.trigname),
            relation: required_relation(trigger.relation),
            function: strings(trigger.funcname),
            columns: strings(trigger.columns),
            condition: raw(trigger.whenClause),
            events: trigger.timing | trigger.events | i16::from(trigger.row),
            transitions: pointers::<pg_sys::TriggerTransition>(trigger.transitionRels)
                .map(|transition| Transition {
                    name: name(transition.name),
                    is_new: transition.isNew,
                    is_table: transition.isTable,
                })
                .collect(),
            is_replace: trigger.replace,
            is_constraint: trigger.isconstraint,
            referenced: relation(trigger.constrrel),
        }
    }
}

/// CREATE TYPE, except for base types.
///
/// # Safety
/// `pointer` must be the node `item`, part of a raw parse tree that lives for `'p`.
pub(super) unsafe fn create_type<'p>(item: &Node, pointer: *mut Node) -> Option<Statement<'p>> {
    // SAFETY: the caller guarantees the node; each tag identifies its type.
    unsafe {
        let plain = |name| Some(Statement::CreateType { name, columns: Vec::new() });
        match item.type_ {
            NodeTag::T_CreateEnumStmt => plain(strings((*pointer.cast::<pg_sys::CreateEnumStmt>()).typeName)),
            NodeTag::T_CreateRangeStmt => plain(strings((*pointer.cast::<pg_sys::CreateRangeStmt>()).typeName)),
            NodeTag::T_CompositeTypeStmt => {
                let composite = &*pointer.cast::<pg_sys::CompositeTypeStmt>();
                let name = required_relation(composite.typevar);
                let columns = pointers::<pg_sys::ColumnDef>(composite.coldeflist);
                Some(Statement::CreateType {
                    name: name.schema.into_iter().chain([name.name]).collect(),
                    columns: columns.filter_map(|column| type_name(column.typeName)).collect(),
                })
            }
            _ => None,
        }
    }
}

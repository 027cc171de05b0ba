//! The parse tree of a statement as Rust values: what the raw parser returns, for the statements
//! that a migration consists of. Expressions and queries remain handles to the server's nodes,
//! which `analyze` takes.

mod alter;
pub(in crate::pg) mod build;
mod changes;
mod convert;
mod data;
mod definitions;
mod objects;
mod reading;
mod sequence;
mod table;
mod walk;

use super::raw::Parsed;
use pgrx::pg_sys;
use std::marker::PhantomData;
pub use walk::{Names, SequenceCall, names};
pub(in crate::pg) use walk::{replace_classes, replace_relations};

pub use alter::{AlterAction, AlterCommand};
pub use build::{Value, value};
pub use changes::{DomainChange, Grant, ListChange, Policy, Publication};
pub use data::{Bound, BoundValue, Copy, Dml, DmlKind, Transaction, bound};
pub use objects::{Function, FunctionParameter, Object, ObjectKind, Role};
pub use sequence::SequenceOptions;
pub use table::{Column, Constraint, ConstraintKind, IndexColumn, Reference};

/// A node of the raw parse tree, which lives as long as the parsed text.
#[derive(Clone, Copy, Debug)]
pub struct Raw<'p> {
    node: *mut pg_sys::Node,
    parsed: PhantomData<&'p ()>,
}

impl<'p> Raw<'p> {
    /// Returns the handle; `None` for a null pointer.
    ///
    /// # Safety
    /// `node` must be null, or a raw parse tree that lives for `'p` and that nothing else changes.
    pub(in crate::pg) unsafe fn new(node: *mut pg_sys::Node) -> Option<Raw<'p>> {
        (!node.is_null()).then_some(Raw { node, parsed: PhantomData })
    }

    pub(in crate::pg) fn as_ptr(self) -> *mut pg_sys::Node {
        self.node
    }
}

/// A relation's name as the statement spells it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct RelationName {
    pub schema: Option<String>,
    pub name: String,
    /// `ONLY name`
    pub only: bool,
    /// `TEMPORARY`, for a relation that the statement creates.
    pub is_temporary: bool,
    /// `UNLOGGED`, for a relation that the statement creates.
    pub is_unlogged: bool,
}

impl RelationName {
    /// Returns the relation of a constant that names one, without quotes.
    pub fn of_class(class: &str) -> RelationName {
        let (schema, name) = match class.split_once('.') {
            Some((schema, name)) => (Some(schema.to_owned()), name),
            None => (None, class),
        };
        RelationName { schema, name: name.to_owned(), ..RelationName::default() }
    }
}

/// A type's name as the statement spells it.
#[derive(Clone, Debug)]
pub struct TypeName<'p> {
    pub names: Vec<String>,
    pub is_array: bool,
    pub node: Raw<'p>,
}

impl TypeName<'_> {
    /// Returns the type's own name, without a schema.
    pub fn last(&self) -> &str {
        self.names.last().map_or("", String::as_str)
    }
}

/// CREATE TABLE, and CREATE FOREIGN TABLE.
#[derive(Debug)]
pub struct CreateTable<'p> {
    pub relation: RelationName,
    pub columns: Vec<Column<'p>>,
    pub constraints: Vec<Constraint<'p>>,
    pub parents: Vec<RelationName>,
    pub likes: Vec<RelationName>,
    /// Whether one of them has INCLUDING INDEXES.
    pub copies_indexes: bool,
    /// PARTITION OF, with the bound.
    pub partition_bound: Option<Raw<'p>>,
    /// PARTITION BY: the columns; `None` for an expression.
    pub partition_key: Option<Vec<Option<String>>>,
    pub of_type: bool,
    pub is_foreign: bool,
    pub if_not_exists: bool,
}

#[derive(Debug)]
pub struct CreateIndex<'p> {
    pub name: Option<String>,
    pub relation: RelationName,
    pub method: String,
    pub columns: Vec<IndexColumn<'p>>,
    pub including: Vec<String>,
    pub predicate: Option<Raw<'p>>,
    pub is_unique: bool,
    pub nulls_not_distinct: bool,
    pub is_concurrent: bool,
    pub if_not_exists: bool,
}

#[derive(Debug)]
pub struct CreateTrigger<'p> {
    pub name: String,
    pub relation: RelationName,
    pub function: Vec<String>,
    pub columns: Vec<String>,
    /// WHEN
    pub condition: Option<Raw<'p>>,
    /// When it fires and for what, as in pg_trigger.tgtype.
    pub events: i16,
    pub transitions: Vec<Transition>,
    pub is_replace: bool,
    pub is_constraint: bool,
    /// FROM, of a constraint trigger.
    pub referenced: Option<RelationName>,
}

/// What REFERENCING names.
#[derive(Debug)]
pub struct Transition {
    pub name: String,
    pub is_new: bool,
    pub is_table: bool,
}

#[derive(Debug)]
pub struct Rename {
    pub kind: ObjectKind,
    pub relation: Option<RelationName>,
    pub object: Option<Object>,
    /// The column, constraint, trigger or policy of the relation.
    pub part: Option<String>,
    pub new_name: String,
    pub missing_ok: bool,
}

#[derive(Debug)]
pub struct Drop {
    pub kind: ObjectKind,
    pub objects: Vec<Object>,
    pub missing_ok: bool,
    pub cascade: bool,
    pub is_concurrent: bool,
}

/// One statement.
#[derive(Debug)]
pub enum Statement<'p> {
    CreateTable(CreateTable<'p>),
    /// CREATE TABLE AS, CREATE MATERIALIZED VIEW, SELECT INTO.
    CreateTableAs {
        relation: RelationName,
        columns: Vec<String>,
        query: Raw<'p>,
        is_view: bool,
        if_not_exists: bool,
        with_data: bool,
    },
    AlterTable {
        relation: RelationName,
        kind: ObjectKind,
        commands: Vec<AlterCommand<'p>>,
        missing_ok: bool,
    },
    CreateIndex(CreateIndex<'p>),
    CreateView {
        relation: RelationName,
        columns: Vec<String>,
        query: Raw<'p>,
        is_replace: bool,
    },
    CreateSequence {
        relation: RelationName,
        if_not_exists: bool,
        options: Box<SequenceOptions>,
    },
    AlterSequence {
        relation: RelationName,
        options: Box<SequenceOptions>,
        missing_ok: bool,
    },
    CreateType {
        name: Vec<String>,
        columns: Vec<TypeName<'p>>,
    },
    CreateDomain {
        name: Vec<String>,
        base: Option<TypeName<'p>>,
        /// Whether it has a default or conditions.
        is_constrained: bool,
    },
    AlterEnum {
        name: Vec<String>,
        old: Option<String>,
        value: String,
        /// The label that the new one stands before or after.
        neighbor: Option<String>,
        if_not_exists: bool,
    },
    AlterDomain {
        name: Vec<String>,
        change: DomainChange<'p>,
    },
    CreateFunction(Function<'p>),
    CreateTrigger(CreateTrigger<'p>),
    CreatePolicy(Policy<'p>),
    CreateSchema {
        name: Option<String>,
        owner: Option<Role>,
        if_not_exists: bool,
        elements: bool,
    },
    AlterPolicy(Policy<'p>),
    Publication(Publication),
    CreateExtension {
        name: String,
        if_not_exists: bool,
        version: Option<String>,
        schema: Option<String>,
        cascade: bool,
    },
    /// ALTER EXTENSION … UPDATE.
    UpdateExtension {
        name: String,
        version: Option<String>,
    },
    CreateRule {
        name: String,
        relation: RelationName,
        is_replace: bool,
    },
    CreateStatistics {
        relations: Vec<RelationName>,
    },
    Drop(Drop),
    Rename(Rename),
    SetSchema {
        kind: ObjectKind,
        relation: Option<RelationName>,
        object: Option<Object>,
        schema: String,
        missing_ok: bool,
    },
    SetOwner {
        kind: ObjectKind,
        object: Option<Object>,
        owner: Role,
    },
    Grant(Grant),
    GrantRole {
        granted: Vec<String>,
        roles: Vec<Role>,
        is_grant: bool,
    },
    Comment {
        kind: ObjectKind,
        object: Option<Object>,
    },
    /// SET, RESET: `value` is `None` for RESET and SET … TO DEFAULT.
    Set {
        name: String,
        values: Option<Vec<String>>,
        is_local: bool,
        is_transaction: bool,
        is_reset_all: bool,
    },
    SetConstraints {
        deferred: bool,
        names: Option<Vec<RelationName>>,
    },
    Transaction(Transaction),
    Truncate {
        relations: Vec<RelationName>,
        cascade: bool,
    },
    Copy(Copy<'p>),
    Dml(Dml<'p>),
    Do,
    Call {
        function: Raw<'p>,
    },
    Vacuum {
        relations: Vec<RelationName>,
        is_analyze: bool,
        is_full: bool,
    },
    Reindex {
        relation: Option<RelationName>,
        is_index: bool,
        is_concurrent: bool,
        is_database: bool,
    },
    /// CLUSTER, REPACK.
    Cluster {
        relation: Option<RelationName>,
        /// USING
        index: Option<String>,
        is_concurrent: bool,
    },
    Refresh {
        relation: RelationName,
        is_concurrent: bool,
    },
    Lock {
        relations: Vec<RelationName>,
        mode: i32,
    },
    /// Any other statement, with whether it cannot run in a transaction.
    Other {
        refuses_transaction: bool,
    },
}

/// A statement with its command tag.
#[derive(Debug)]
pub struct Tree<'p> {
    pub tag: String,
    pub statement: Statement<'p>,
    pub raw: Raw<'p>,
}

/// Returns the first statement of a parsed text; `None` if it has none.
pub fn first(parsed: &Parsed) -> Option<Tree<'_>> {
    let statement = parsed.raw().next()?;
    // SAFETY: the statement's nodes live as long as `parsed`, and nothing changes them.
    unsafe { Tree::new(statement.stmt) }
}

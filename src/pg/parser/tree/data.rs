//! Statements that read and write rows, and those that control transactions.

use super::objects::raw;
use super::reading::{name, option, relation, required_relation, strings, text};
use super::{Raw, RelationName};
use crate::pg::list::{node, pointers};
use pgrx::pg_sys::{self, Node, NodeTag, TransactionStmtKind as Kind};

#[derive(Debug)]
pub struct Copy<'p> {
    pub relation: Option<RelationName>,
    pub query: Option<Raw<'p>>,
    pub columns: Vec<String>,
    pub is_from: bool,
    /// FROM STDIN, TO STDOUT.
    pub is_client: bool,
    pub is_program: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DmlKind {
    Select,
    Insert,
    Update,
    Delete,
    Merge,
    /// EXPLAIN, DECLARE CURSOR, PREPARE: whose query is analyzed, and not run or only later.
    Other,
}

/// SELECT, INSERT, UPDATE, DELETE, MERGE.
#[derive(Debug)]
pub struct Dml<'p> {
    pub kind: DmlKind,
    /// What is analyzed.
    pub query: Raw<'p>,
    pub target: Option<RelationName>,
    /// The columns that an UPDATE sets or an INSERT lists.
    pub columns: Vec<String>,
    /// The expressions of an UPDATE, in the order of `columns`.
    pub values: Vec<Option<Raw<'p>>>,
    /// INSERT: the lists of VALUES; empty for a query.
    pub rows: Vec<Vec<Raw<'p>>>,
    /// INSERT … DEFAULT VALUES
    pub is_default_values: bool,
    pub on_conflict: bool,
    /// ON CONFLICT DO UPDATE
    pub updates_on_conflict: bool,
    /// Whether ON CONFLICT names columns or a constraint.
    pub names_conflict: bool,
    /// The columns of ON CONFLICT (…); `None` for a constraint, an expression, a condition or
    /// nothing.
    pub conflict_columns: Option<Vec<String>>,
    /// The columns that ON CONFLICT DO UPDATE sets.
    pub conflict_updates: Vec<String>,
    pub overriding: bool,
    /// OVERRIDING USER VALUE: identity columns draw their values anyway.
    pub ignores_ids: bool,
    /// INSERT and UPDATE: whether there is a RETURNING list.
    pub has_returning: bool,
    /// UPDATE, DELETE and SELECT: whether there is a WHERE clause.
    pub has_condition: bool,
    /// UPDATE, DELETE and SELECT: whether there is a FROM or USING clause.
    pub reads_others: bool,
    /// INSERT: whether it names fields or elements of columns.
    pub has_indirection: bool,
    /// DECLARE CURSOR without WITH HOLD.
    pub needs_transaction: bool,
}

/// What BEGIN, SET TRANSACTION and SET SESSION CHARACTERISTICS say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Modes {
    /// READ ONLY, READ WRITE.
    pub read_only: Option<bool>,
    pub sets_isolation: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Transaction {
    Begin(Modes),
    Commit { chain: bool },
    Rollback { chain: bool },
    Savepoint(String),
    Release(String),
    RollbackTo(String),
    Prepare,
    CommitPrepared,
}

pub(super) fn transaction(statement: &pg_sys::TransactionStmt) -> Transaction {
    // SAFETY: the grammar sets the name of a savepoint.
    let savepoint = || unsafe { name(statement.savepoint_name) };
    let chain = statement.chain;
    match statement.kind {
        Kind::TRANS_STMT_BEGIN | Kind::TRANS_STMT_START => {
            // SAFETY: a part of the statement.
            Transaction::Begin(unsafe { modes(statement.options) })
        }
        Kind::TRANS_STMT_COMMIT => Transaction::Commit { chain },
        Kind::TRANS_STMT_ROLLBACK => Transaction::Rollback { chain },
        Kind::TRANS_STMT_SAVEPOINT => Transaction::Savepoint(savepoint()),
        Kind::TRANS_STMT_RELEASE => Transaction::Release(savepoint()),
        Kind::TRANS_STMT_ROLLBACK_TO => Transaction::RollbackTo(savepoint()),
        Kind::TRANS_STMT_PREPARE => Transaction::Prepare,
        _ => Transaction::CommitPrepared,
    }
}

/// # Safety
/// `options` must be a list of DefElems or null.
pub(super) unsafe fn modes(options: *mut pg_sys::List) -> Modes {
    // SAFETY: the caller guarantees the list.
    let (read_only, isolation) =
        unsafe { (option(options, "transaction_read_only"), option(options, "transaction_isolation")) };
    Modes { read_only: read_only.flatten().map(|value| value != "0"), sets_isolation: isolation.is_some() }
}

/// # Safety
/// `statement` must be part of a raw parse tree that lives for `'p`.
pub(super) unsafe fn copy<'p>(statement: &pg_sys::CopyStmt) -> Copy<'p> {
    // SAFETY: the caller guarantees the node.
    unsafe {
        Copy {
            relation: relation(statement.relation),
            query: Raw::new(statement.query),
            columns: strings(statement.attlist),
            is_from: statement.is_from,
            is_client: statement.filename.is_null(),
            is_program: statement.is_program,
        }
    }
}

fn plain<'p>(kind: DmlKind, query: Raw<'p>) -> Dml<'p> {
    Dml {
        kind,
        query,
        target: None,
        columns: Vec::new(),
        values: Vec::new(),
        rows: Vec::new(),
        is_default_values: false,
        on_conflict: false,
        updates_on_conflict: false,
        names_conflict: false,
        conflict_columns: None,
        conflict_updates: Vec::new(),
        overriding: false,
        ignores_ids: false,
        has_returning: false,
        has_condition: false,
        reads_others: false,
        has_indirection: false,
        needs_transaction: false,
    }
}

/// Returns the statement if it reads or writes rows.
///
/// # Safety
/// `item` must be a node of a raw parse tree that lives for `'p`.
pub(super) unsafe fn dml<'p>(item: &Node) -> Option<Dml<'p>> {
    // SAFETY: the caller guarantees the node; each tag identifies its type.
    unsafe {
        let pointer = std::ptr::from_ref(item).cast_mut();
        let query = raw(pointer)?;
        let dml = match item.type_ {
            NodeTag::T_SelectStmt => {
                let select = &*pointer.cast::<pg_sys::SelectStmt>();
                Dml {
                    has_condition: !select.whereClause.is_null(),
                    reads_others: !select.fromClause.is_null(),
                    ..plain(DmlKind::Select, query)
                }
            }
            NodeTag::T_InsertStmt => insert(&*pointer.cast(), query),
            NodeTag::T_UpdateStmt => update(&*pointer.cast(), query),
            NodeTag::T_DeleteStmt => {
                let delete = &*pointer.cast::<pg_sys::DeleteStmt>();
                Dml {
                    target: relation(delete.relation),
                    has_condition: !delete.whereClause.is_null(),
                    reads_others: !delete.usingClause.is_null(),
                    ..plain(DmlKind::Delete, query)
                }
            }
            NodeTag::T_MergeStmt => {
                let target = relation((*pointer.cast::<pg_sys::MergeStmt>()).relation);
                Dml { target, ..plain(DmlKind::Merge, query) }
            }
            NodeTag::T_ExplainStmt => plain(DmlKind::Other, query),
            NodeTag::T_DeclareCursorStmt => {
                let options = (*pointer.cast::<pg_sys::DeclareCursorStmt>()).options;
                let needs_transaction = options & pg_sys::CURSOR_OPT_HOLD.cast_signed() == 0;
                Dml { needs_transaction, ..plain(DmlKind::Other, query) }
            }
            _ => return None,
        };
        Some(dml)
    }
}

/// # Safety
/// As for `dml`.
unsafe fn insert<'p>(insert: &pg_sys::InsertStmt, query: Raw<'p>) -> Dml<'p> {
    // SAFETY: the caller guarantees the node, and the grammar the types of its parts.
    unsafe {
        let columns = pointers::<pg_sys::ResTarget>(insert.cols).map(|target| name(target.name)).collect();
        let select = node::<pg_sys::SelectStmt>(insert.selectStmt, NodeTag::T_SelectStmt);
        let lists = select.map(|select| select.valuesLists);
        let row = |list: &pg_sys::List| {
            let items = pointers::<Node>(std::ptr::from_ref(list).cast_mut());
            items.filter_map(|item| raw(std::ptr::from_ref(item).cast_mut())).collect()
        };
        Dml {
            target: Some(required_relation(insert.relation)),
            columns,
            rows: lists.map(|lists| pointers::<pg_sys::List>(lists).map(row).collect()).unwrap_or_default(),
            has_indirection: pointers::<pg_sys::ResTarget>(insert.cols).any(|target| !target.indirection.is_null()),
            is_default_values: insert.selectStmt.is_null(),
            on_conflict: !insert.onConflictClause.is_null(),
            updates_on_conflict: insert
                .onConflictClause
                .as_ref()
                .is_some_and(|clause| clause.action == pg_sys::OnConflictAction::ONCONFLICT_UPDATE),
            conflict_columns: insert.onConflictClause.as_ref().and_then(|clause| conflict_columns(clause)),
            names_conflict: insert.onConflictClause.as_ref().is_some_and(|clause| !clause.infer.is_null()),
            conflict_updates: insert
                .onConflictClause
                .as_ref()
                .map(|clause| conflict_updates(clause))
                .unwrap_or_default(),
            overriding: insert.override_ != pg_sys::OverridingKind::OVERRIDING_NOT_SET,
            ignores_ids: insert.override_ == pg_sys::OverridingKind::OVERRIDING_USER_VALUE,
            #[cfg(not(since_18))]
            has_returning: !insert.returningList.is_null(),
            #[cfg(since_18)]
            has_returning: !insert.returningClause.is_null(),
            ..plain(DmlKind::Insert, query)
        }
    }
}

/// # Safety
/// As for `dml`.
unsafe fn conflict_columns(clause: &pg_sys::OnConflictClause) -> Option<Vec<String>> {
    // SAFETY: the caller guarantees the node, and the grammar the types of its parts.
    unsafe {
        let infer = clause.infer.as_ref().filter(|infer| infer.conname.is_null() && infer.whereClause.is_null())?;
        pointers::<pg_sys::IndexElem>(infer.indexElems)
            .map(|element| text(element.name).filter(|_| element.collation.is_null() && element.opclass.is_null()))
            .collect()
    }
}

/// # Safety
/// As for `dml`.
unsafe fn conflict_updates(clause: &pg_sys::OnConflictClause) -> Vec<String> {
    // SAFETY: the caller guarantees the node, and the grammar the types of its parts.
    unsafe { pointers::<pg_sys::ResTarget>(clause.targetList).filter_map(|target| text(target.name)).collect() }
}

/// # Safety
/// As for `dml`.
unsafe fn update<'p>(update: &pg_sys::UpdateStmt, query: Raw<'p>) -> Dml<'p> {
    // SAFETY: the caller guarantees the node, and the grammar the types of its parts.
    unsafe {
        let targets = || pointers::<pg_sys::ResTarget>(update.targetList);
        Dml {
            target: Some(required_relation(update.relation)),
            columns: targets().filter_map(|target| text(target.name)).collect(),
            values: targets().map(|target| Raw::new(target.val)).collect(),
            has_condition: !update.whereClause.is_null(),
            reads_others: !update.fromClause.is_null(),
            #[cfg(not(since_18))]
            has_returning: !update.returningList.is_null(),
            #[cfg(since_18)]
            has_returning: !update.returningClause.is_null(),
            ..plain(DmlKind::Update, query)
        }
    }
}

//! Columns, constraints and the actions of ALTER TABLE.

use super::reading::{name, relation, strings, text, type_name};
use super::sequence::{SequenceOptions, sequence_options};
use super::{Raw, RelationName, TypeName};
use crate::pg::list::{node, pointers};
use pgrx::pg_sys::{self, ConstrType, Node, NodeTag};
use std::ffi::c_char;

#[derive(Debug)]
pub struct Column<'p> {
    pub name: String,
    /// `None` in a table of a type.
    pub type_name: Option<TypeName<'p>>,
    /// USING of ALTER COLUMN … TYPE.
    pub using: Option<Raw<'p>>,
    pub collation: Option<Vec<String>>,
    pub constraints: Vec<Constraint<'p>>,
}

impl<'p> Column<'p> {
    /// Returns the expression of DEFAULT.
    pub fn default(&self) -> Option<Raw<'p>> {
        self.constraints.iter().find(|constraint| constraint.kind == ConstraintKind::Default)?.expression
    }

    /// Returns the expression of GENERATED ALWAYS AS.
    pub fn generated(&self) -> Option<&Constraint<'p>> {
        self.constraints.iter().find(|constraint| matches!(constraint.kind, ConstraintKind::Generated { .. }))
    }

    pub fn has(&self, kind: ConstraintKind) -> bool {
        self.constraints.iter().any(|constraint| constraint.kind == kind)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConstraintKind {
    Null,
    NotNull,
    Default,
    Identity,
    Generated { is_stored: bool },
    Check,
    PrimaryKey,
    Unique,
    Exclusion,
    ForeignKey,
}

#[derive(Debug)]
pub struct Constraint<'p> {
    pub kind: ConstraintKind,
    pub name: Option<String>,
    pub expression: Option<Raw<'p>>,
    pub key: Key<'p>,
    pub reference: Option<Reference>,
    pub is_deferrable: bool,
    pub is_initially_deferred: bool,
    pub is_not_valid: bool,
    pub is_enforced: bool,
    pub is_no_inherit: bool,
    /// GENERATED ALWAYS AS IDENTITY, and not BY DEFAULT.
    pub is_always: bool,
    /// The options of an identity column.
    pub sequence: Box<SequenceOptions>,
}

/// The columns of a constraint, and the index of a PRIMARY KEY, UNIQUE or EXCLUDE constraint.
#[derive(Debug, Default)]
pub struct Key<'p> {
    pub columns: Vec<String>,
    pub including: Vec<String>,
    pub nulls_not_distinct: bool,
    pub without_overlaps: bool,
    /// USING INDEX
    pub index: Option<String>,
    /// EXCLUDE: what is compared, with which operator.
    pub exclusions: Vec<(IndexColumn<'p>, Vec<String>)>,
    /// The access method of its index.
    pub method: String,
    pub predicate: Option<Raw<'p>>,
}

#[derive(Clone, Debug)]
pub struct Reference {
    pub table: RelationName,
    /// Empty: the primary key.
    pub columns: Vec<String>,
    pub is_match_full: bool,
    pub has_period: bool,
    /// As in pg_constraint.confdeltype.
    pub on_delete: u8,
    pub on_update: u8,
}

#[derive(Debug)]
pub struct IndexColumn<'p> {
    pub column: Option<String>,
    /// The column's name in the index.
    pub name: String,
    pub expression: Option<Raw<'p>>,
    /// The column or the expression.
    pub raw: Option<Raw<'p>>,
    pub collation: Vec<String>,
    pub class: Vec<String>,
    /// ASC, DESC or NULLS …
    pub is_ordered: bool,
}

/// # Safety
/// `definition` must be part of a raw parse tree that lives for `'p`.
pub(super) unsafe fn column<'p>(definition: &pg_sys::ColumnDef) -> Column<'p> {
    // SAFETY: the caller guarantees the node, and the grammar the types of its parts.
    unsafe {
        let collation = definition.collClause.as_ref().map(|clause| strings(clause.collname));
        Column {
            name: name(definition.colname),
            type_name: type_name(definition.typeName),
            using: Raw::new(definition.raw_default),
            collation,
            constraints: constraints(definition.constraints),
        }
    }
}

/// Returns the constraints of a list, with the attributes (DEFERRABLE, …) that follow one of a
/// column.
///
/// # Safety
/// `list` must be a list of nodes of a raw parse tree that lives for `'p`, or null.
pub(super) unsafe fn constraints<'p>(list: *mut pg_sys::List) -> Vec<Constraint<'p>> {
    let mut found: Vec<Constraint<'p>> = Vec::new();
    // SAFETY: the caller guarantees the list; the tag identifies a constraint.
    let items =
        unsafe { pointers::<Node>(list).filter_map(|item| node::<pg_sys::Constraint>(item, NodeTag::T_Constraint)) };
    for item in items {
        match item.contype {
            ConstrType::CONSTR_ATTR_DEFERRABLE => set(&mut found, |constraint| constraint.is_deferrable = true),
            ConstrType::CONSTR_ATTR_DEFERRED => set(&mut found, |constraint| {
                constraint.is_deferrable = true;
                constraint.is_initially_deferred = true;
            }),
            #[cfg(since_18)]
            ConstrType::CONSTR_ATTR_NOT_ENFORCED => set(&mut found, |constraint| constraint.is_enforced = false),
            // SAFETY: as above.
            _ => found.extend(unsafe { constraint(item) }),
        }
    }
    found
}

fn set<'p>(found: &mut [Constraint<'p>], change: impl FnOnce(&mut Constraint<'p>)) {
    if let Some(last) = found.last_mut() {
        change(last);
    }
}

/// # Safety
/// `item` must be part of a raw parse tree that lives for `'p`.
pub(super) unsafe fn constraint<'p>(item: &pg_sys::Constraint) -> Option<Constraint<'p>> {
    let kind = match item.contype {
        ConstrType::CONSTR_NULL => ConstraintKind::Null,
        ConstrType::CONSTR_NOTNULL => ConstraintKind::NotNull,
        ConstrType::CONSTR_DEFAULT => ConstraintKind::Default,
        ConstrType::CONSTR_IDENTITY => ConstraintKind::Identity,
        ConstrType::CONSTR_GENERATED => ConstraintKind::Generated { is_stored: is_stored(item) },
        ConstrType::CONSTR_CHECK => ConstraintKind::Check,
        ConstrType::CONSTR_PRIMARY => ConstraintKind::PrimaryKey,
        ConstrType::CONSTR_UNIQUE => ConstraintKind::Unique,
        ConstrType::CONSTR_EXCLUSION => ConstraintKind::Exclusion,
        ConstrType::CONSTR_FOREIGN => ConstraintKind::ForeignKey,
        _ => return None,
    };
    // SAFETY: the caller guarantees the node, and the grammar the types of its parts.
    unsafe {
        let mut columns = strings(item.keys);
        if kind == ConstraintKind::ForeignKey {
            columns = strings(item.fk_attrs);
        }
        Some(Constraint {
            kind,
            name: text(item.conname),
            expression: Raw::new(item.raw_expr),
            key: Key {
                columns,
                including: strings(item.including),
                nulls_not_distinct: item.nulls_not_distinct,
                without_overlaps: without_overlaps(item),
                index: text(item.indexname),
                exclusions: exclusions(item.exclusions),
                method: text(item.access_method).unwrap_or_else(|| "btree".to_owned()),
                predicate: Raw::new(item.where_clause),
            },
            reference: reference(item),
            is_deferrable: item.deferrable,
            is_initially_deferred: item.initdeferred,
            is_not_valid: item.skip_validation,
            is_enforced: is_enforced(item),
            is_no_inherit: item.is_no_inherit,
            is_always: item.generated_when as u8 == b'a',
            sequence: match kind {
                ConstraintKind::Identity => Box::new(sequence_options(item.options)),
                _ => Box::default(),
            },
        })
    }
}

#[cfg(not(since_18))]
fn is_stored(_: &pg_sys::Constraint) -> bool {
    true
}

#[cfg(since_18)]
fn is_stored(item: &pg_sys::Constraint) -> bool {
    item.generated_kind as u8 == b's'
}

#[cfg(not(since_18))]
fn is_enforced(_: &pg_sys::Constraint) -> bool {
    true
}

#[cfg(since_18)]
fn is_enforced(item: &pg_sys::Constraint) -> bool {
    item.is_enforced
}

#[cfg(not(since_18))]
fn without_overlaps(_: &pg_sys::Constraint) -> bool {
    false
}

#[cfg(since_18)]
fn without_overlaps(item: &pg_sys::Constraint) -> bool {
    item.without_overlaps
}

#[cfg(not(since_18))]
fn has_period(_: &pg_sys::Constraint) -> bool {
    false
}

#[cfg(since_18)]
fn has_period(item: &pg_sys::Constraint) -> bool {
    item.fk_with_period
}

/// # Safety
/// As for `constraint`.
unsafe fn reference(item: &pg_sys::Constraint) -> Option<Reference> {
    // SAFETY: the caller guarantees the node.
    unsafe {
        Some(Reference {
            table: relation(item.pktable)?,
            columns: strings(item.pk_attrs),
            is_match_full: item.fk_matchtype as u8 == b'f',
            has_period: has_period(item),
            on_delete: item.fk_del_action as u8,
            on_update: item.fk_upd_action as u8,
        })
    }
}

/// Returns the pairs of an index column and an operator.
///
/// # Safety
/// `list` must be a list of such pairs, or null.
unsafe fn exclusions<'p>(list: *mut pg_sys::List) -> Vec<(IndexColumn<'p>, Vec<String>)> {
    // SAFETY: the grammar makes lists of two elements: the index column, and the operator's names.
    unsafe {
        pointers::<pg_sys::List>(list)
            .filter_map(|pair| {
                let mut parts = pointers::<Node>(std::ptr::from_ref(pair).cast_mut());
                let element = node::<pg_sys::IndexElem>(parts.next()?, NodeTag::T_IndexElem)?;
                let operator = strings(std::ptr::from_ref(parts.next()?).cast_mut().cast());
                Some((index_column(element), operator))
            })
            .collect()
    }
}

/// # Safety
/// `element` must be part of a raw parse tree that lives for `'p`.
pub(super) unsafe fn index_column<'p>(element: &pg_sys::IndexElem) -> IndexColumn<'p> {
    // SAFETY: the caller guarantees the node.
    unsafe {
        IndexColumn {
            column: text(element.name),
            name: text(element.name).or_else(|| text(figured(element.expr))).unwrap_or_else(|| "expr".to_owned()),
            expression: Raw::new(element.expr),
            raw: Raw::new(element.expr).or_else(|| Raw::new(super::build::column(element.name))),
            collation: strings(element.collation),
            class: strings(element.opclass),
            is_ordered: element.ordering != pg_sys::SortByDir::SORTBY_DEFAULT
                || element.nulls_ordering != pg_sys::SortByNulls::SORTBY_NULLS_DEFAULT,
        }
    }
}

// Declared in parser/parse_target.h, which pgrx does not bind.
unsafe extern "C-unwind" {
    fn FigureIndexColname(expression: *mut Node) -> *mut c_char;
}

/// Returns the name that the server gives to an index's expression; null if it has none.
///
/// # Safety
/// `expression` must be an expression of a raw parse tree, or null.
unsafe fn figured(expression: *mut Node) -> *const c_char {
    // SAFETY: the caller guarantees the expression; the name is a part of it, or a constant.
    unsafe { pg_sys::ffi::pg_guard_ffi_boundary(|| FigureIndexColname(expression)) }
}

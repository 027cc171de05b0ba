//! Chooses the index of a table that can be probed for ids.

use crate::pg::id_datum::IdType;
use crate::pg::list::oids;
use crate::pg::relation::{LockMode, Relation};
use pgrx::pg_sys::{self, Oid};

/// A btree with the column as its first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UsableIndex {
    pub oid: Oid,
    pub is_unique: bool,
}

/// Returns the best index for column `attribute`, open. An index that is unique on only this column
/// is preferred; partial and invalid indexes are skipped. Takes AccessShareLock on at most two
/// indexes at a time.
pub fn usable_index(table: &Relation, attribute: i16) -> Option<(UsableIndex, Relation)> {
    let indexes = index_oids(table);
    // SAFETY: the table is open; reading the list of its indexes has set its primary key, or 0.
    let primary_key = unsafe { (*table.as_ptr()).rd_pkindex };
    let mut best = None;
    // Usually the primary key is the best, and no other index needs to be opened.
    for oid in
        indexes.iter().filter(|oid| **oid == primary_key).chain(indexes.iter().filter(|oid| **oid != primary_key))
    {
        match judge(*oid, attribute) {
            Some((index, relation)) if index.is_unique => return Some((index, relation)),
            other => best = best.or(other),
        }
    }
    best
}

/// Returns the table's indexes from the relation cache.
pub(in crate::pg) fn index_oids(table: &Relation) -> Vec<Oid> {
    // SAFETY: the table is open; the list is a copy that this function owns, and its cells hold
    // OIDs.
    unsafe {
        let list = pg_sys::RelationGetIndexList(table.as_ptr());
        let indexes = oids(list).collect();
        pg_sys::list_free(list);
        indexes
    }
}

fn judge(oid: Oid, attribute: i16) -> Option<(UsableIndex, Relation)> {
    // The index cannot have been dropped: dropping it takes a lock on the table that conflicts with
    // the one held here.
    let index = Relation::open(oid, LockMode::AccessShare);
    leads_on(&index, attribute).then_some(())?;
    // SAFETY: `leads_on` found an index; an open one has its pg_index row and tuple.
    let (form, is_partial) = unsafe {
        let data = &*index.as_ptr();
        let predicate = pg_sys::Anum_pg_index_indpred as i32;
        (&*data.rd_index, !pg_sys::heap_attisnull(data.rd_indextuple, predicate, std::ptr::null_mut()))
    };
    let usable = UsableIndex { oid, is_unique: form.indisunique && form.indnkeyatts == 1 };
    (!is_partial).then_some((usable, index))
}

/// Whether this is a valid btree with `attribute` as its first column.
fn leads_on(index: &Relation, attribute: i16) -> bool {
    // SAFETY: the relation is open; rd_index is checked for null before it is followed, and an
    // index has a first column.
    unsafe {
        let data = &*index.as_ptr();
        let Some(form) = data.rd_index.as_ref() else { return false };
        (*data.rd_rel).relam == pg_sys::BTREE_AM_OID
            && form.indisvalid
            && form.indisready
            && *form.indkey.values.as_ptr() == attribute
    }
}

/// The leading column of an index that sorts as numbers do.
#[derive(Clone, Copy, Debug)]
pub struct NumberKey {
    pub id_type: IdType,
    /// The operator family, and the type of the index's column in it.
    pub family: Oid,
    pub type_oid: Oid,
    pub is_descending: bool,
}

/// The operator family of numeric for btrees, in pg_opfamily.dat.
pub(in crate::pg) const NUMERIC_BTREE_FAMILY: u32 = 1988;

/// Returns the index's leading column, if it is `attribute` and is sorted as numbers are.
pub fn number_key(index: &Relation, attribute: i16) -> Option<NumberKey> {
    leads_on(index, attribute).then_some(())?;
    // SAFETY: `leads_on` found a btree; an open one has these arrays, with an element for each key
    // column.
    let (family, type_oid, options) = unsafe {
        let data = &*index.as_ptr();
        (*data.rd_opfamily, *data.rd_opcintype, *data.rd_indoption)
    };
    let (id_type, _) = IdType::of(type_oid, -1)?;
    let is_numeric = family.to_u32() == NUMERIC_BTREE_FAMILY && id_type == IdType::Numeric;
    let is_integer = family == pg_sys::INTEGER_BTREE_FAM_OID && id_type != IdType::Numeric;
    let is_descending = u32::from(options as u16) & pg_sys::INDOPTION_DESC != 0;
    (is_numeric || is_integer).then_some(NumberKey { id_type, family, type_oid, is_descending })
}

//! Reads columns' defaults and identity sequences from the relation cache.

use crate::pg::names::FIRST_USER_OID;
use crate::pg::relation::Relation;
use pgrx::pg_sys::{self, Oid};
use std::ffi::{CStr, c_char};

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ColumnDefault {
    /// An expression as pg_node_tree writes it: the column's own default, or that of its domain.
    Expression { tree: String, is_domains: bool },
    /// The sequence of an identity column.
    Identity(Oid),
}

/// Returns the defaults of the open table's columns with the columns' numbers.
pub fn column_defaults(table: &Relation) -> Vec<(i16, ColumnDefault)> {
    // SAFETY: an open relation has a descriptor.
    let count = unsafe { (*(*table.as_ptr()).rd_att).natts } as i16;
    (1..=count).filter_map(|number| Some((number, column_default(table, number)?))).collect()
}

fn column_default(table: &Relation, number: i16) -> Option<ColumnDefault> {
    let column = table.attribute(number).filter(|column| !column.attisdropped && column.attgenerated == 0)?;
    if column.attidentity != 0 {
        return identity_sequence(table, number).map(ColumnDefault::Identity);
    }
    if column.atthasdef {
        return Some(ColumnDefault::Expression { tree: expression(table, number)?, is_domains: false });
    }
    if column.atttypid.to_u32() < FIRST_USER_OID {
        return None;
    }
    Some(ColumnDefault::Expression { tree: domain_default(column.atttypid)?, is_domains: true })
}

fn identity_sequence(table: &Relation, number: i16) -> Option<Oid> {
    // Since PostgreSQL 17 a partition shares its root's identity sequence. While it is being
    // detached it has none, and the server would still look for the root.
    #[cfg(since_17)]
    if table.form().relispartition && crate::pg::partitions::ancestors(table.oid()).is_empty() {
        return None;
    }
    // SAFETY: the table is open and the column is one of its identity columns; `true` makes the
    // result 0 if the sequence is missing.
    let oid = unsafe {
        #[cfg(not(since_17))]
        let owner = (*table.as_ptr()).rd_id;
        #[cfg(since_17)]
        let owner = table.as_ptr();
        pg_sys::getIdentitySequence(owner, number, true)
    };
    (oid != pg_sys::InvalidOid).then_some(oid)
}

fn expression(table: &Relation, number: i16) -> Option<String> {
    // SAFETY: the descriptor of an open table lists its defaults; there are `num_defval` of them.
    unsafe {
        let constraints = (*(*table.as_ptr()).rd_att).constr.as_ref()?;
        let defaults = (0..usize::from(constraints.num_defval)).map(|index| &*constraints.defval.add(index));
        let default = defaults.into_iter().find(|default| default.adnum == number && !default.adbin.is_null())?;
        Some(CStr::from_ptr(default.adbin).to_string_lossy().into_owned())
    }
}

/// Returns `pg_type.typdefaultbin` of a domain.
fn domain_default(type_oid: Oid) -> Option<String> {
    const CACHE: i32 = pg_sys::SysCacheIdentifier::TYPEOID as i32;
    // SAFETY: the tuple is released after the attribute, a text, has been copied.
    unsafe {
        if pg_sys::get_typtype(type_oid) as u8 != pg_sys::TYPTYPE_DOMAIN {
            return None;
        }
        let tuple = pg_sys::SearchSysCache1(CACHE, pg_sys::Datum::from(type_oid));
        if tuple.is_null() {
            return None;
        }
        let mut is_null = false;
        let value = pg_sys::SysCacheGetAttr(CACHE, tuple, pg_sys::Anum_pg_type_typdefaultbin as i16, &mut is_null);
        let tree = (!is_null).then(|| {
            let text: *mut c_char = pg_sys::text_to_cstring(value.cast_mut_ptr());
            let tree = CStr::from_ptr(text).to_string_lossy().into_owned();
            pg_sys::pfree(text.cast());
            tree
        });
        pg_sys::ReleaseSysCache(tuple);
        tree
    }
}

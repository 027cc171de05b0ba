//! Finds the columns that the catalogs record with a sequence, through the catalogs' indexes.

use crate::pg::catalog_scan::rows;
use pgrx::pg_sys::{self, Oid};

/// A column, as its table's OID and its number.
type AttrRef = (Oid, i16);

/// The OIDs of the catalogs and their indexes, and the numbers of their columns:
/// catalog/pg_depend.h and pg_attrdef.h.
mod depend {
    pub const CATALOG: u32 = 2608;
    /// The index on classid, objid, objsubid.
    pub const BY_DEPENDER: u32 = 2673;
    /// The index on refclassid, refobjid, refobjsubid.
    pub const BY_REFERENCE: u32 = 2674;
    pub const CLASSID: i16 = 1;
    pub const OBJID: i16 = 2;
    pub const REFCLASSID: i16 = 4;
    pub const REFOBJID: i16 = 5;
    pub const REFOBJSUBID: i16 = 6;
    pub const DEPTYPE: i16 = 7;
}

mod attrdef {
    pub const CATALOG: u32 = 2604;
    pub const BY_OID: u32 = 2657;
    pub const OID: i16 = 1;
    pub const ADRELID: i16 = 2;
    pub const ADNUM: i16 = 3;
    pub const ADBIN: i16 = 4;
}

const RELATIONS: Oid = pg_sys::RelationRelationId;

/// How a column owns a sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ownership {
    /// OWNED BY.
    Owned,
    Identity,
}

/// The columns that the catalogs record with a sequence.
#[derive(Clone, Debug)]
pub struct Users {
    pub owners: Vec<(AttrRef, Ownership)>,
    /// The columns with a default of their own that refers to the sequence, and the default's
    /// expression as pg_node_tree writes it.
    pub defaults: Vec<(AttrRef, String)>,
    /// Whether a domain's default refers to the sequence.
    pub has_domains: bool,
}

impl Users {
    /// Reads the columns. Takes AccessShareLock on pg_depend and pg_attrdef and releases it.
    pub fn of(sequence: Oid) -> Users {
        let mut users = Users { owners: owners(sequence), defaults: Vec::new(), has_domains: false };
        let reference = [(depend::REFCLASSID, RELATIONS), (depend::REFOBJID, sequence)];
        let objects = rows(depend::CATALOG.into(), depend::BY_REFERENCE.into(), &reference, |row| {
            Some((row.oid(depend::CLASSID), row.oid(depend::OBJID)))
        });
        for (class, object) in objects {
            if class == attrdef::CATALOG.into() {
                users.defaults.extend(default(object));
            }
            users.has_domains |= class == pg_sys::TypeRelationId;
        }
        users
    }
}

fn owners(sequence: Oid) -> Vec<(AttrRef, Ownership)> {
    let depender = [(depend::CLASSID, RELATIONS), (depend::OBJID, sequence)];
    rows(depend::CATALOG.into(), depend::BY_DEPENDER.into(), &depender, |row| {
        let ownership = match row.number(depend::DEPTYPE) as u8 {
            b'a' => Ownership::Owned,
            b'i' => Ownership::Identity,
            _ => return None,
        };
        let attribute = i16::try_from(row.number(depend::REFOBJSUBID)).ok().filter(|number| *number > 0)?;
        (row.oid(depend::REFCLASSID) == RELATIONS).then(|| ((row.oid(depend::REFOBJID), attribute), ownership))
    })
}

fn default(oid: Oid) -> Option<(AttrRef, String)> {
    let found = rows(attrdef::CATALOG.into(), attrdef::BY_OID.into(), &[(attrdef::OID, oid)], |row| {
        let attr = (row.oid(attrdef::ADRELID), i16::try_from(row.number(attrdef::ADNUM)).ok()?);
        Some((attr, row.text(attrdef::ADBIN)?))
    });
    found.into_iter().next()
}

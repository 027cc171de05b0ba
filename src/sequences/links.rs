//! Which column draws from which sequence.

use super::column::{Column, Place};
use super::position::Definition;
use super::sequence_state;
use crate::fault::Fault;
use crate::pg::{names, sequence};
use pgrx::pg_sys::Oid;
use std::collections::HashMap;

/// How a column comes by its sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Serial,
    IdentityAlways,
    IdentityByDefault,
    Default,
    DefaultByName,
    DomainDefault,
    /// Owned by the column. No default draws from it: an application does, if anything.
    Owned,
}

impl Kind {
    /// As shown in the column `kind` of seq_audit.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Serial => "serial",
            Kind::IdentityAlways => "identity always",
            Kind::IdentityByDefault => "identity by default",
            Kind::Default => "default",
            Kind::DefaultByName => "default by name",
            Kind::DomainDefault => "domain default",
            Kind::Owned => "owned",
        }
    }

    /// Identity columns of both kinds are found as "always"; which it is, the column itself knows.
    pub fn of(self, column: &Column) -> Kind {
        match self {
            Kind::IdentityAlways if column.identity != 'a' => Kind::IdentityByDefault,
            kind => kind,
        }
    }
}

/// What a default draws from.
#[derive(Clone, Debug)]
pub enum Source {
    Known(Oid),
    /// Not one sequence can be named: why.
    Unresolved(String),
}

/// What becomes of the sequence's values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Drawing {
    /// A value goes into the column as it is drawn.
    Plain,
    /// It cannot be told which values go into the column: why.
    Unclear(String),
    /// None goes into the column, which gets its values elsewhere.
    Unused,
}

#[derive(Clone, Debug)]
pub struct Link {
    pub place: Place,
    pub source: Source,
    pub kind: Kind,
    pub drawing: Drawing,
}

impl Link {
    pub fn sequence(&self) -> Option<Oid> {
        match self.source {
            Source::Known(oid) => Some(oid),
            Source::Unresolved(_) => None,
        }
    }
}

/// What pg_sequence says.
#[derive(Clone, Copy, Debug)]
pub struct Sequence {
    pub oid: Oid,
    pub data_type: Oid,
    pub definition: Definition,
}

impl Sequence {
    /// Reads pg_sequence through the system cache; an error if the sequence is gone. Takes no lock.
    pub fn look_up(oid: Oid) -> Result<Sequence, Fault> {
        let (data_type, definition) = sequence::read_definition(oid).ok_or_else(sequence_state::gone)?;
        Ok(Sequence { oid, data_type, definition })
    }

    /// The sequence's name as SQL, always with its schema; empty if it is gone.
    pub fn quoted(&self) -> String {
        names::relation_name(self.oid).map(|name| name.quoted()).unwrap_or_default()
    }
}

/// All links of the database.
pub struct Links {
    pub links: Vec<Link>,
    /// From pg_inherits: the first parent of each child.
    pub parents: HashMap<Oid, Oid>,
}

impl Links {
    /// The links of each sequence, as indexes into `links`.
    pub fn by_sequence(&self) -> HashMap<Oid, Vec<usize>> {
        let mut by_sequence: HashMap<Oid, Vec<usize>> = HashMap::with_capacity(self.links.len());
        for (index, link) in self.links.iter().enumerate() {
            if let Some(sequence) = link.sequence() {
                by_sequence.entry(sequence).or_default().push(index);
            }
        }
        by_sequence
    }

    /// The partitioned table at the top of a partition.
    pub fn root(&self, column: &Column) -> Option<Oid> {
        if !column.is_partition {
            return None;
        }
        let mut root = *self.parents.get(&column.relation)?;
        while let Some(parent) = self.parents.get(&root) {
            root = *parent;
        }
        Some(root)
    }
}

//! A column and the sequence that it draws from.

use super::by_name;
use super::column::{AttrRef, Column};
use crate::error::Error;
use crate::ids::position::{Definition, Span};
use crate::pg::sequence_state;
use crate::pg::{names, sequence_page};
use pgrx::pg_sys::Oid;

/// How a column gets its values from a sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Serial,
    IdentityAlways,
    IdentityByDefault,
    Default,
    DefaultByName,
    DomainDefault,
    /// The column's default calls a function that draws.
    FunctionDefault,
    /// A BEFORE INSERT trigger draws.
    Trigger,
    /// The column owns the sequence, but no default draws from it: only an application can.
    Owned,
    /// Nothing in the catalogs links the two, but the sequence is named after the column.
    ByName,
    /// No column is known to draw.
    None,
}

impl Kind {
    /// Returns the kind as shown in the column `kind` of seq_audit.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Serial => "serial",
            Kind::IdentityAlways => "identity_always",
            Kind::IdentityByDefault => "identity_by_default",
            Kind::Default => "default",
            Kind::DefaultByName => "default_by_name",
            Kind::DomainDefault => "domain_default",
            Kind::FunctionDefault => "function_default",
            Kind::Trigger => "trigger",
            Kind::Owned => "owned",
            Kind::ByName => "by_name",
            Kind::None => "none",
        }
    }

    /// Whether the default of the column or of its domain draws, not a user's function in between:
    /// these are the links that the guard watches.
    pub fn is_own_default(self) -> bool {
        match self {
            Kind::Serial
            | Kind::IdentityAlways
            | Kind::IdentityByDefault
            | Kind::Default
            | Kind::DefaultByName
            | Kind::DomainDefault => true,
            Kind::FunctionDefault | Kind::Trigger | Kind::Owned | Kind::ByName | Kind::None => false,
        }
    }

    /// Whether an application draws, or may draw, itself: it may take a value for a whole block.
    pub fn is_drawn_by_applications(self) -> bool {
        matches!(self, Kind::Owned | Kind::ByName | Kind::Trigger | Kind::None)
    }

    /// Returns the kind for this column: identity columns of both kinds are found as "always", and
    /// only the column shows which it is.
    pub fn of(self, column: &Column) -> Kind {
        match self {
            Kind::IdentityAlways if column.identity != 'a' => Kind::IdentityByDefault,
            kind => kind,
        }
    }
}

/// The sequence that a default draws from.
#[derive(Clone, Debug)]
pub enum Source {
    Known(Oid),
    /// No single sequence can be named, for this reason.
    Unresolved(String),
}

/// The use that the column makes of the sequence's values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Drawing {
    /// A value goes into the column as it is drawn.
    Plain,
    /// A value goes into the column with a constant added.
    Shifted(i64),
    /// Which values go into the column is unknown, for this reason.
    Unclear(String),
    /// No value goes into the column, which gets its values elsewhere.
    Unused,
}

#[derive(Clone, Debug)]
pub struct Link {
    pub attr: AttrRef,
    pub source: Source,
    pub kind: Kind,
    pub drawing: Drawing,
    /// Whether an application draws, which may take a value for a whole block of ids. If a default
    /// draws from the sequence as well, the application takes single values.
    pub in_blocks: bool,
}

impl Link {
    pub fn new(attr: AttrRef, source: Source, kind: Kind, drawing: Drawing) -> Link {
        Link { attr, source, kind, drawing, in_blocks: kind.is_drawn_by_applications() }
    }

    /// Returns the ids that a value of the sequence may stand for in the column.
    pub fn span(&self, sequence: &Sequence) -> Span {
        if self.in_blocks { sequence.block() } else { Span::SINGLE }
    }

    pub fn sequence(&self) -> Option<Oid> {
        match self.source {
            Source::Known(oid) => Some(oid),
            Source::Unresolved(_) => None,
        }
    }
}

/// A sequence, as pg_sequence describes it.
#[derive(Clone, Copy, Debug)]
pub struct Sequence {
    pub oid: Oid,
    pub data_type: Oid,
    pub definition: Definition,
}

impl Sequence {
    /// Reads pg_sequence through the system cache; fails if the sequence does not exist. Takes no
    /// lock.
    pub fn look_up(oid: Oid) -> Result<Sequence, Error> {
        let (data_type, definition) = sequence_page::read_definition(oid).ok_or_else(sequence_state::gone)?;
        Ok(Sequence { oid, data_type, definition })
    }

    /// Returns the ids that an application may take a value for.
    pub fn block(&self) -> Span {
        let block = self.definition.block();
        let is_hilo = || names::relation_name(self.oid).is_some_and(|name| by_name::is_hilo(&name.name));
        if block != Span::SINGLE && is_hilo() { Span { back: 0, ..block } } else { block }
    }

    /// Returns the sequence's qualified name as SQL; empty if the sequence does not exist.
    pub fn quoted(&self) -> String {
        names::relation_name(self.oid).map(|name| name.quoted()).unwrap_or_default()
    }
}

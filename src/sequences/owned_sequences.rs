//! Links sequences that a column owns and that no default is known to draw from.

use super::column::AttrRef;
use super::default_tree;
use super::link::{Drawing, Kind, Link, Source};
use crate::error::Error;
use crate::pg::lossy_text::RawText;
use crate::pg::row::required;
use pgrx::pg_sys::Oid;
use pgrx::spi::SpiClient;
use std::collections::{HashMap, HashSet};

const COLUMN_DEFAULTS: &str = include_str!("../../sql/queries/column_defaults.sql");

/// Returns a link for each of `owned`, sequences with the columns that own them, given the links
/// that are known so far.
///
/// `silent` holds the columns whose default calls functions that are known not to draw.
pub fn links(
    client: &SpiClient<'_>,
    owned: &[(Oid, AttrRef)],
    known: &[Link],
    silent: &HashSet<AttrRef>,
) -> Result<Vec<Link>, Error> {
    if owned.is_empty() {
        return Ok(Vec::new());
    }
    let defaults = defaults(client, owned)?;
    let unresolved: HashSet<AttrRef> = known
        .iter()
        .filter(|link| link.sequence().is_none() && link.kind != Kind::Trigger)
        .map(|link| link.attr)
        .collect();
    let link = |(sequence, attr): &(Oid, AttrRef)| {
        let drawing = match defaults.get(attr)? {
            _ if unresolved.contains(attr) => unclear(),
            Default::None => Drawing::Plain,
            Default::Known => Drawing::Unused,
            Default::Opaque if silent.contains(attr) => Drawing::Unused,
            Default::Opaque => unclear(),
        };
        Some(Link::new(*attr, Source::Known(*sequence), Kind::Owned, drawing))
    };
    Ok(owned.iter().filter_map(link).collect())
}

fn unclear() -> Drawing {
    Drawing::Unclear("it is unknown whether the column's default draws from the sequence".to_owned())
}

/// The source of a column's values in a statement that omits the column.
enum Default {
    /// No default: the application or a trigger.
    None,
    /// An expression that is known not to draw from an owned sequence; or the column is an identity
    /// or generated column.
    Known,
    /// A function, which may do anything.
    Opaque,
}

/// Returns the defaults of the columns that still exist.
fn defaults(client: &SpiClient<'_>, owned: &[(Oid, AttrRef)]) -> Result<HashMap<AttrRef, Default>, Error> {
    let relations: Vec<Oid> = owned.iter().map(|(_, attr)| attr.0).collect();
    let attributes: Vec<i16> = owned.iter().map(|(_, attr)| attr.1).collect();
    let rows = client.select(COLUMN_DEFAULTS, None, &[relations.into(), attributes.into()])?;
    rows.map(|row| {
        let attr = (required(&row, 1)?, required(&row, 2)?);
        let default = match row.get::<RawText>(4)?.map(|tree| tree.text) {
            _ if required(&row, 3)? => Default::Known,
            None => Default::None,
            Some(tree) if !default_tree::user_functions(&tree).is_empty() => Default::Opaque,
            Some(_) => Default::Known,
        };
        Ok((attr, default))
    })
    .collect()
}

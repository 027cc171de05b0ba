//! Reads from the catalogs which column draws from which sequence.
//!
//! Locks: AccessShareLock on catalogs, given back before it returns. No user table is touched.

use super::column::Place;
use super::default_tree::{self, Name};
use super::links::{Drawing, Kind, Link, Links, Source};
use super::{owned, qualified_name};
use crate::fault::Fault;
use crate::pg::names::FIRST_USER_OID;
use crate::pg::row::required;
use crate::pg::{names, schemas, subtransaction};
use pgrx::pg_sys::Oid;
use pgrx::spi::{Spi, SpiClient, SpiTupleTable};
use std::collections::{HashMap, HashSet};

const SPECIAL_LINKS: &str = include_str!("../../sql/queries/special_links.sql");
const SEQUENCE_LINKS: &str = include_str!("../../sql/queries/sequence_links.sql");
const LINKS_OF_SEQUENCE: &str = include_str!("../../sql/queries/links_of_sequence.sql");
const SEQUENCES_NAMED: &str = include_str!("../../sql/queries/sequences_named.sql");
const PARENTS: &str = include_str!("../../sql/queries/parents.sql");

/// All links of the database, whatever the schema: sequences may be shared across schemas.
pub fn discover() -> Result<Links, Fault> {
    subtransaction::discard(|| {
        Spi::connect(|client| {
            let special = client.select(SPECIAL_LINKS, None, &[])?.first();
            let (domain_defaults, identity_partitions) = special.get_two::<bool, bool>()?;
            let arguments = [domain_defaults.unwrap_or(true).into(), identity_partitions.unwrap_or(true).into()];
            links(client, rows(&client.select(SEQUENCE_LINKS, None, &arguments)?.first())?)
        })
    })
}

/// The links of one sequence that the catalogs record: a default that names it as text is none of them.
pub fn links_of(sequence: Oid) -> Result<Links, Fault> {
    let mut links = subtransaction::discard(|| {
        Spi::connect(|client| {
            links(client, rows(&client.select(LINKS_OF_SEQUENCE, None, &[sequence.into()])?.first())?)
        })
    })?;
    links.links.retain(|link| link.sequence() == Some(sequence));
    Ok(links)
}

fn links(client: &SpiClient<'_>, rows: Vec<Row>) -> Result<Links, Fault> {
    let owned: HashSet<(Oid, Place)> =
        rows.iter().filter(|row| row.source == SourceKind::Owned).filter_map(Row::key).collect();
    let mut links = Vec::with_capacity(rows.len());
    for row in &rows {
        row.add_links(client, &owned, &mut links)?;
    }
    let drawn: HashSet<(Oid, Place)> = links.iter().filter_map(|link| Some((link.sequence()?, link.place))).collect();
    let undrawn: Vec<(Oid, Place)> = owned.iter().filter(|key| !drawn.contains(key)).copied().collect();
    links.extend(owned::links(client, &undrawn, &links)?);
    let has_partitions = links.iter().any(|link| names::is_partition(link.place.0));
    let parents = if has_partitions { parents(client)? } else { HashMap::new() };
    Ok(Links { links, parents })
}

const MORE_THAN_DRAWN: &str = "the default does more than draw a value from the sequence";

/// As sequence_links.sql puts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SourceKind {
    Owned,
    Identity,
    ColumnDefault,
    DomainDefault,
}

/// One row of sequence_links.sql.
struct Row {
    sequence: Option<Oid>,
    place: Place,
    source: SourceKind,
    tree: Option<String>,
}

impl Row {
    fn key(&self) -> Option<(Oid, Place)> {
        self.sequence.map(|sequence| (sequence, self.place))
    }

    /// Adds what the column draws from; ownership alone draws nothing.
    fn add_links(
        &self,
        client: &SpiClient<'_>,
        owned: &HashSet<(Oid, Place)>,
        links: &mut Vec<Link>,
    ) -> Result<(), Fault> {
        let mut add = |source, kind, is_plain: bool| {
            let drawing = if is_plain { Drawing::Plain } else { Drawing::Unclear(MORE_THAN_DRAWN.to_owned()) };
            links.push(Link { place: self.place, source, kind, drawing });
        };
        match (self.source, self.sequence, &self.tree) {
            (SourceKind::Identity, Some(sequence), _) => add(Source::Known(sequence), Kind::IdentityAlways, true),
            (SourceKind::ColumnDefault | SourceKind::DomainDefault, _, Some(tree)) => {
                for draw in default_tree::draws(tree) {
                    let (source, kind) = match draw.name {
                        Name::Oid(oid) => (Source::Known(Oid::from(oid)), Kind::Default),
                        Name::Text(text) => (resolve(client, &text)?, Kind::DefaultByName),
                        Name::WorkedOut => {
                            (unresolved("the default works out the sequence's name as it runs"), Kind::Default)
                        }
                    };
                    let kind = match (self.source, &source) {
                        (SourceKind::DomainDefault, _) => Kind::DomainDefault,
                        (_, Source::Known(oid)) if owned.contains(&(*oid, self.place)) && kind == Kind::Default => {
                            Kind::Serial
                        }
                        _ => kind,
                    };
                    add(source, kind, draw.is_plain);
                }
            }
            _ => {}
        }
        Ok(())
    }
}

fn unresolved(reason: impl Into<String>) -> Source {
    Source::Unresolved(reason.into())
}

/// As `resolve`, on its own.
pub fn sequence_named(text: &str) -> Result<Source, Fault> {
    subtransaction::discard(|| Spi::connect(|client| resolve(client, text)))
}

/// Finds the sequence that `nextval('…'::text)` means. Who inserts looks an unqualified name up along a search_path that
/// nobody here knows, so only a name that a single sequence bears counts.
fn resolve(client: &SpiClient<'_>, text: &str) -> Result<Source, Fault> {
    let Some(mut parts) = qualified_name::split(text) else {
        return Ok(unresolved(format!("the default names no sequence: {text}")));
    };
    let name = parts.pop().unwrap_or_default();
    let schema = match parts.pop() {
        None => None,
        Some(schema) => match schemas::find(&schema) {
            Ok(oid) => Some(oid),
            Err(_) => return Ok(unresolved(format!("the default names a sequence that does not exist: {text}"))),
        },
    };
    let mut found: Vec<(Oid, Oid)> = Vec::new();
    for row in client.select(SEQUENCES_NAMED, None, &[name.as_str().into()])? {
        found.push((required(&row, 1)?, required(&row, 2)?));
    }
    found.retain(|(_, namespace)| schema.is_none_or(|schema| schema == *namespace));
    found.retain(|(_, namespace)| !schemas::is_other_temp(*namespace));
    Ok(match found.as_slice() {
        [(oid, _)] => Source::Known(*oid),
        [] => unresolved(format!("the default names a sequence that does not exist: {text}")),
        several => unresolved(format!(
            "which sequence \"{name}\" the default means depends on the search_path of who inserts: {}",
            several
                .iter()
                .filter_map(|(oid, _)| Some(names::relation_name(*oid)?.quoted()))
                .collect::<Vec<_>>()
                .join(", ")
        )),
    })
}

fn parents(client: &SpiClient<'_>) -> Result<HashMap<Oid, Oid>, Fault> {
    client.select(PARENTS, None, &[])?.map(|row| Ok((required(&row, 1)?, required(&row, 2)?))).collect()
}

fn rows(columns: &SpiTupleTable<'_>) -> Result<Vec<Row>, Fault> {
    // All of them NULL: there is no link at all.
    let Some(relations) = columns.get::<Vec<Oid>>(2)? else { return Ok(Vec::new()) };
    let sequences = columns.get::<Vec<Option<Oid>>>(1)?.unwrap_or_default();
    let attributes = columns.get::<Vec<i16>>(3)?.unwrap_or_default();
    let sources = columns.get::<Vec<i8>>(4)?.unwrap_or_default();
    let trees = columns.get::<Vec<Option<String>>>(5)?.unwrap_or_default();
    let places = relations.into_iter().zip(attributes);
    let rows = places.zip(sequences).zip(sources).zip(trees).map(|(((place, sequence), source), tree)| {
        let source = match source as u8 {
            b'a' => SourceKind::Owned,
            b'n' => SourceKind::ColumnDefault,
            b't' => SourceKind::DomainDefault,
            _ => SourceKind::Identity,
        };
        Row { sequence, place, source, tree }
    });
    Ok(rows.filter(|row| row.place.0.to_u32() >= FIRST_USER_OID).collect())
}

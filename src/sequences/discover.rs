//! Reads from the catalogs which column draws from which sequence.
//!
//! Locks: AccessShareLock on catalogs, released before it returns. No user table is touched.

use super::column::AttrRef;
use super::default_tree::{self, Form, Name};
use super::function_defaults::{self, FunctionDefaults};
use super::hierarchy::{Hierarchies, Parents};
use super::link::{Drawing, Kind, Link, Source};
use super::links::Links;
use super::sequence_name::resolve;
use super::triggers::{self, Triggers};
use super::{child_tables, owned_sequences, unlinked};
use crate::error::Error;
use crate::pg::names::FIRST_USER_OID;
use crate::pg::row::required;
use crate::pg::sequence_users::{Ownership, Users};
use crate::pg::{kept_plan, subtransaction};
use crate::report::scope::Scope;
use pgrx::pg_sys::{Oid, PgBuiltInOids, PgOid};
use pgrx::spi::{Spi, SpiClient, SpiTupleTable};
use std::collections::{HashMap, HashSet};

const SPECIAL_LINKS: &str = include_str!("../../sql/queries/rare_link_kinds.sql");
const SEQUENCE_LINKS: &str = include_str!("../../sql/queries/sequence_links.sql");
const DOMAIN_COLUMNS: &str = include_str!("../../sql/queries/columns_with_domain_default.sql");
const INTERNAL_TABLES: &str = include_str!("../../sql/queries/extension_and_system_relations.sql");
const PARENTS: &str = include_str!("../../sql/queries/inheritance_parents.sql");
const PARENTS_AMONG: &str = include_str!("../../sql/queries/inheritance_parents_of.sql");

/// Returns all links of the database, whatever the scope: sequences may be shared across schemas.
pub fn discover(scope: Scope) -> Result<Links, Error> {
    subtransaction::discard(|| {
        Spi::connect(|client| {
            let special = client.select(SPECIAL_LINKS, None, &[])?.first();
            let has = |ordinal| Ok::<_, Error>(special.get::<bool>(ordinal)?.unwrap_or(true));
            let arguments = [has(1)?.into(), has(2)?.into()];
            let rows = rows(&client.select(SEQUENCE_LINKS, None, &arguments)?.first())?;
            let owned = owned(&rows);
            let defaults = if has(3)? { function_defaults::find(client, &owned)? } else { FunctionDefaults::default() };
            let triggers = if has(4)? { triggers::find(client, &owned)? } else { Triggers::default() };
            let mut links = links(client, rows, &owned, defaults)?;
            add_guesses(client, &mut links, triggers)?;
            links.tell_blocks_from_defaults();
            add_hierarchies(&mut links, |_| Ok(client.select(PARENTS, None, &[])?))?;
            if matches!(scope, Scope::Database) {
                links.internal = internal(client)?;
            }
            Ok(links)
        })
    })
}

fn internal(client: &SpiClient<'_>) -> Result<HashSet<Oid>, Error> {
    client.select(INTERNAL_TABLES, None, &[])?.map(|row| required(&row, 1)).collect()
}

/// Returns the links of one sequence that the catalogs record; a default that names the sequence as
/// text is not among them.
///
/// Reads catalogs only through their indexes, and keeps the plans that it needs for the session:
/// the guard calls this while a statement of the client waits.
pub fn links_of(sequence: Oid) -> Result<Links, Error> {
    const OIDS: PgOid = PgOid::BuiltIn(PgBuiltInOids::OIDARRAYOID);
    subtransaction::discard(|| {
        Spi::connect(|client| {
            let rows = rows_of(client, sequence)?;
            let owned = owned(&rows);
            let mut links = links(client, rows, &owned, FunctionDefaults::default())?;
            links.links.retain(|link| link.sequence() == Some(sequence));
            links.tell_blocks_from_defaults();
            add_hierarchies(&mut links, |tables| {
                kept_plan::select(client, PARENTS_AMONG, &[OIDS], &[tables.to_vec().into()])
            })?;
            Ok(links)
        })
    })
}

/// Returns the rows of sequence_links.sql for one sequence.
fn rows_of(client: &SpiClient<'_>, sequence: Oid) -> Result<Vec<Row>, Error> {
    const OID: PgOid = PgOid::BuiltIn(PgBuiltInOids::OIDOID);
    let users = Users::of(sequence);
    let mut rows = Vec::new();
    for (attr, ownership) in users.owners {
        let source = match ownership {
            Ownership::Owned => SourceKind::Owned,
            Ownership::Identity => SourceKind::Identity,
        };
        rows.push(Row { sequence: Some(sequence), attr, source, tree: None });
    }
    let default = |attr, tree, source| Row { sequence: None, attr, source, tree: Some(tree) };
    rows.extend(users.defaults.into_iter().map(|(attr, tree)| default(attr, tree, SourceKind::ColumnDefault)));
    if users.has_domains {
        for row in kept_plan::select(client, DOMAIN_COLUMNS, &[OID], &[sequence.into()])? {
            let attr = (required(&row, 1)?, required(&row, 2)?);
            rows.push(default(attr, required(&row, 3)?, SourceKind::DomainDefault));
        }
    }
    rows.retain(|row| row.attr.0.to_u32() >= FIRST_USER_OID);
    Ok(rows)
}

/// Returns the sequences that columns own, except those of identity columns.
fn owned(rows: &[Row]) -> HashMap<Oid, AttrRef> {
    rows.iter().filter(|row| row.source == SourceKind::Owned).filter_map(Row::key).collect()
}

/// Returns the links that the catalogs record, and those of `defaults`.
fn links(
    client: &SpiClient<'_>,
    rows: Vec<Row>,
    owned: &HashMap<Oid, AttrRef>,
    defaults: FunctionDefaults,
) -> Result<Links, Error> {
    let mut links = Vec::with_capacity(rows.len());
    for row in &rows {
        row.add_links(client, owned, &mut links)?;
    }
    links.extend(defaults.links);
    let drawn: HashSet<(Oid, AttrRef)> = links.iter().filter_map(|link| Some((link.sequence()?, link.attr))).collect();
    let undrawn: Vec<(Oid, AttrRef)> =
        owned.iter().map(|(sequence, attr)| (*sequence, *attr)).filter(|key| !drawn.contains(key)).collect();
    links.extend(owned_sequences::links(client, &undrawn, &links, &defaults.silent)?);
    Ok(Links { links, unlinked: Vec::new(), hierarchies: Hierarchies::default(), internal: HashSet::new() })
}

/// Adds links of triggers, and those that sequences' names suggest.
fn add_guesses(client: &SpiClient<'_>, links: &mut Links, triggers: Triggers) -> Result<(), Error> {
    triggers::merge(&mut links.links, triggers.links);
    let found = unlinked::find(client, &links.links, triggers.for_some_column)?;
    links.links.extend(found.links);
    links.unlinked = found.unlinked;
    triggers::drop_unresolved(&mut links.links);
    Ok(())
}

const MORE_THAN_DRAWN: &str = "the default does more than draw a value from the sequence";

/// The source of a link, as sequence_links.sql returns it.
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
    attr: AttrRef,
    source: SourceKind,
    tree: Option<String>,
}

impl Row {
    fn key(&self) -> Option<(Oid, AttrRef)> {
        self.sequence.map(|sequence| (sequence, self.attr))
    }

    /// Adds the sequences that the column draws from; ownership by itself draws nothing.
    fn add_links(
        &self,
        client: &SpiClient<'_>,
        owned: &HashMap<Oid, AttrRef>,
        links: &mut Vec<Link>,
    ) -> Result<(), Error> {
        let mut add = |source, kind, form: Form| {
            let drawing = match form {
                Form::Number | Form::Text => Drawing::Plain,
                Form::Shifted(by) => Drawing::Shifted(by),
                Form::Composed => Drawing::Unclear(MORE_THAN_DRAWN.to_owned()),
            };
            links.push(Link::new(self.attr, source, kind, drawing));
        };
        match (self.source, self.sequence, &self.tree) {
            (SourceKind::Identity, Some(sequence), _) => {
                add(Source::Known(sequence), Kind::IdentityAlways, Form::Number)
            }
            (SourceKind::ColumnDefault | SourceKind::DomainDefault, _, Some(tree)) => {
                for draw in default_tree::draws(tree) {
                    let (source, kind) = match draw.name {
                        Name::Oid(oid) => (Source::Known(Oid::from(oid)), Kind::Default),
                        Name::Text(text) => (resolve(client, "the default", &text, &|_| false)?, Kind::DefaultByName),
                        Name::Computed => (
                            Source::Unresolved("the default computes the sequence's name at run time".to_owned()),
                            Kind::Default,
                        ),
                    };
                    let kind = match (self.source, &source) {
                        (SourceKind::DomainDefault, _) => Kind::DomainDefault,
                        (_, Source::Known(oid)) if owned.get(oid) == Some(&self.attr) && kind == Kind::Default => {
                            Kind::Serial
                        }
                        _ => kind,
                    };
                    add(source, kind, draw.form);
                }
            }
            _ => {}
        }
        Ok(())
    }
}

/// Resolves a name as `resolve` does, outside of any other query.
pub fn sequence_named(text: &str) -> Result<Source, Error> {
    subtransaction::discard(|| Spi::connect(|client| resolve(client, "the default", text, &|_| false)))
}

/// Adds the links of inheriting tables, and finds the columns that are judged with those of their
/// parents. `parents_among` returns, for the tables of all links, at least the parents of each of
/// them, of their descendants and of the ancestors of all these.
fn add_hierarchies<'c>(
    links: &mut Links,
    parents_among: impl FnOnce(&[Oid]) -> Result<SpiTupleTable<'c>, Error>,
) -> Result<(), Error> {
    let mut seen = HashSet::with_capacity(links.links.len());
    let is_alone = links.links.iter().filter_map(Link::sequence).all(|sequence| seen.insert(sequence));
    if is_alone && !links.links.iter().any(child_tables::is_shared) {
        return Ok(());
    }
    let mut parents = Parents::new();
    let tables: Vec<Oid> = links.links.iter().map(|link| link.attr.0).collect();
    for row in parents_among(&tables)? {
        parents.entry(required(&row, 1)?).or_default().push(required(&row, 2)?);
    }
    child_tables::add(&mut links.links, &parents);
    links.hierarchies = Hierarchies::new(&links.links, &links.by_sequence(), &parents);
    Ok(())
}

fn rows(columns: &SpiTupleTable<'_>) -> Result<Vec<Row>, Error> {
    // All of them are NULL if there are no links.
    let Some(relations) = columns.get::<Vec<Oid>>(2)? else { return Ok(Vec::new()) };
    let sequences = columns.get::<Vec<Option<Oid>>>(1)?.unwrap_or_default();
    let attributes = columns.get::<Vec<i16>>(3)?.unwrap_or_default();
    let sources = columns.get::<Vec<i8>>(4)?.unwrap_or_default();
    let trees = columns.get::<Vec<Option<String>>>(5)?.unwrap_or_default();
    let attrs = relations.into_iter().zip(attributes);
    let rows = attrs.zip(sequences).zip(sources).zip(trees).map(|(((attr, sequence), source), tree)| {
        let source = match source as u8 {
            b'a' => SourceKind::Owned,
            b'n' => SourceKind::ColumnDefault,
            b't' => SourceKind::DomainDefault,
            _ => SourceKind::Identity,
        };
        Row { sequence, attr, source, tree }
    });
    Ok(rows.filter(|row| row.attr.0.to_u32() >= FIRST_USER_OID).collect())
}

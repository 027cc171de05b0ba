//! Finds sequences that no default or trigger draws from, and the columns that they feed according
//! to their name, or may feed.
//!
//! Locks: AccessShareLock on catalogs, released before it returns.

use super::by_name::{self, likeness};
use super::column::AttrRef;
use super::columns_without_default::BareColumns;
use super::link::{Drawing, Kind, Link, Source};
use crate::error::Error;
use crate::pg::lossy_text::RawText;
use crate::pg::row::required;
use pgrx::pg_sys::Oid;
use pgrx::spi::SpiClient;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

const ALL_SEQUENCES: &str = include_str!("../../sql/queries/all_sequences.sql");
const UNLINKED_SEQUENCES: &str = include_str!("../../sql/queries/unlinked_sequences.sql");
const TABLES_IN_SCHEMAS: &str = include_str!("../../sql/queries/tables_in_schemas.sql");

/// A truncated name has at least this many bytes: NAMEDATALEN - 1, less those of the last character
/// that did not fit.
const MAY_BE_CUT: usize = 60;
/// The first characters of a table's name, which no truncation removes.
const KEPT: usize = 16;

/// A sequence that no column is known to draw from.
#[derive(Clone, Debug)]
pub struct Unlinked {
    pub sequence: Oid,
    /// The columns that may belong to it.
    pub candidates: Rc<[AttrRef]>,
    /// The only candidate, if it is not a candidate of another sequence as well.
    pub outstanding: Option<AttrRef>,
}

/// The results for sequences without a link.
#[derive(Default)]
pub struct Found {
    pub links: Vec<Link>,
    pub unlinked: Vec<Unlinked>,
}

struct Sequence {
    oid: Oid,
    schema: Oid,
    name: String,
}

/// The tables of the schemas that contain sequences without a link.
#[derive(Default)]
struct Tables {
    by_name: HashMap<(Oid, String), Vec<Oid>>,
    by_likeness: HashMap<(Oid, String), Vec<Oid>>,
    by_schema: HashMap<Oid, Vec<Oid>>,
    /// Tables with a name so long that a sequence's name may contain it truncated: schema, table
    /// and the part of the name that is always kept.
    long: Vec<(Oid, Oid, String)>,
    names: HashMap<Oid, String>,
}

/// Finds the links of all sequences that have none in `links`, by name. `for_some_column` holds the
/// tables with a trigger that draws for an unknown column.
pub fn find(client: &SpiClient<'_>, links: &[Link], for_some_column: Vec<(Oid, Source)>) -> Result<Found, Error> {
    let linked: HashSet<Oid> = links.iter().filter_map(Link::sequence).collect();
    let all = client.select(ALL_SEQUENCES, None, &[])?.first().get_one::<Vec<Oid>>()?.unwrap_or_default();
    let rest: Vec<Oid> = all.into_iter().filter(|oid| !linked.contains(oid)).collect();
    if rest.is_empty() && for_some_column.is_empty() {
        return Ok(Found::default());
    }
    let sequences = sequences(client, rest)?;
    let tables = Tables::read(client, &sequences)?;
    let mut wanted: HashSet<Oid> = sequences.iter().flat_map(|sequence| tables.near(sequence)).collect();
    let generic = sequences.iter().filter(|sequence| by_name::is_generic(&sequence.name));
    wanted.extend(generic.flat_map(|sequence| tables.around(sequence)));
    wanted.extend(for_some_column.iter().map(|(table, _)| *table));
    // A trigger's unknown sequence may be the very one that is named after the column.
    let fed = links.iter().filter(|link| link.kind != Kind::Trigger || link.sequence().is_some());
    let fed = fed.filter(|link| link.drawing != Drawing::Unused).map(|link| link.attr).collect();
    let columns = BareColumns::read(client, wanted.into_iter().collect(), &fed)?;
    let matcher = Matcher { tables: &tables, columns: &columns };
    let (mut found, triggered) = matcher.triggered(&sequences, for_some_column);
    let open: Vec<&Sequence> = sequences.iter().filter(|sequence| !triggered.contains(&sequence.oid)).collect();
    matcher.by_name(&open, &mut found);
    Ok(found)
}

fn sequences(client: &SpiClient<'_>, oids: Vec<Oid>) -> Result<Vec<Sequence>, Error> {
    let rows = client.select(UNLINKED_SEQUENCES, None, &[oids.into()])?;
    rows.map(|row| {
        Ok(Sequence { oid: required(&row, 1)?, schema: required(&row, 2)?, name: required::<RawText>(&row, 3)?.text })
    })
    .collect()
}

impl Tables {
    fn read(client: &SpiClient<'_>, sequences: &[Sequence]) -> Result<Tables, Error> {
        let mut tables = Tables::default();
        let schemas: HashSet<Oid> = sequences.iter().map(|sequence| sequence.schema).collect();
        if schemas.is_empty() {
            return Ok(tables);
        }
        let schemas: Vec<Oid> = schemas.into_iter().collect();
        let row = client.select(TABLES_IN_SCHEMAS, None, &[schemas.into()])?.first();
        let Some(oids) = row.get::<Vec<Oid>>(1)? else { return Ok(tables) };
        let schemas = row.get::<Vec<Oid>>(2)?.unwrap_or_default();
        let names = row.get::<Vec<RawText>>(3)?.unwrap_or_default();
        for ((oid, schema), name) in oids.into_iter().zip(schemas).zip(names) {
            tables.add(oid, schema, name.text);
        }
        Ok(tables)
    }

    fn add(&mut self, oid: Oid, schema: Oid, name: String) {
        self.by_name.entry((schema, name.to_lowercase())).or_default().push(oid);
        self.by_likeness.entry((schema, likeness(&name))).or_default().push(oid);
        self.by_schema.entry(schema).or_default().push(oid);
        if name.len() > KEPT {
            self.long.push((schema, oid, name.to_lowercase().chars().take(KEPT).collect()));
        }
        self.names.insert(oid, name);
    }

    /// Returns all tables of the sequence's schema.
    fn around(&self, sequence: &Sequence) -> &[Oid] {
        self.by_schema.get(&sequence.schema).map(Vec::as_slice).unwrap_or_default()
    }

    /// Returns the tables that the sequence may be named after; most of them turn out not to be.
    fn near(&self, sequence: &Sequence) -> Vec<Oid> {
        let schema = sequence.schema;
        let mut near = Vec::new();
        let mut stems = by_name::stems(&sequence.name);
        if sequence.name.len() >= MAY_BE_CUT {
            // The suffix may be truncated.
            stems.push(sequence.name.to_lowercase());
        }
        for stem in stems {
            let names = by_name::tables(&stem).chain([stem.as_str()]);
            near.extend(names.filter_map(|name| self.by_name.get(&(schema, name.to_owned()))).flatten());
            let alike = by_name::without_key(&stem).map(likeness);
            near.extend(alike.filter_map(|key| self.by_likeness.get(&(schema, key))).flatten());
        }
        if sequence.name.len() >= MAY_BE_CUT {
            let name = sequence.name.to_lowercase();
            let long = self.long.iter().filter(|(of, _, kept)| *of == schema && name.contains(kept));
            near.extend(long.map(|(_, oid, _)| *oid));
        }
        near.sort_unstable_by_key(|oid| oid.to_u32());
        near.dedup();
        near
    }

    fn name(&self, oid: Oid) -> &str {
        self.names.get(&oid).map(String::as_str).unwrap_or_default()
    }
}

struct Matcher<'a> {
    tables: &'a Tables,
    columns: &'a BareColumns,
}

impl Matcher<'_> {
    /// Links the sequences that triggers draw from for an unknown column: by name, or to the
    /// table's key. Also returns the sequences that now have a link.
    fn triggered(&self, sequences: &[Sequence], for_some_column: Vec<(Oid, Source)>) -> (Found, HashSet<Oid>) {
        let (mut found, mut linked) = (Found::default(), HashSet::new());
        for (table, source) in for_some_column {
            let sequence = match &source {
                Source::Known(oid) => match sequences.iter().find(|sequence| sequence.oid == *oid) {
                    // It feeds another column, for which the trigger may draw as well.
                    None => continue,
                    found => found,
                },
                Source::Unresolved(_) => None,
            };
            let named = sequence.and_then(|sequence| self.named_column(sequence, table));
            let Some(attribute) = named.or_else(|| self.columns.key(table).map(|column| column.attribute)) else {
                continue;
            };
            linked.extend(sequence.map(|sequence| sequence.oid));
            found.links.push(Link::new((table, attribute), source, Kind::Trigger, Drawing::Plain));
        }
        (found, linked)
    }

    /// Links each sequence whose name matches exactly one column that no other sequence's name
    /// matches.
    fn by_name(&self, sequences: &[&Sequence], found: &mut Found) {
        let matches: Vec<Vec<AttrRef>> = sequences.iter().map(|sequence| self.named(sequence)).collect();
        let taken: HashSet<AttrRef> =
            found.links.iter().filter(|link| link.sequence().is_some()).map(|link| link.attr).collect();
        let mut claims: HashMap<AttrRef, usize> = HashMap::new();
        let mut keys: HashMap<Oid, Rc<[AttrRef]>> = HashMap::new();
        for attrs in matches.iter().filter(|attrs| attrs.len() == 1) {
            *claims.entry(attrs[0]).or_default() += 1;
        }
        for (sequence, mut attrs) in sequences.iter().zip(matches) {
            attrs.retain(|attr| !taken.contains(attr));
            match attrs.as_slice() {
                [attr] if claims.get(attr) == Some(&1) => {
                    found.links.push(Link::new(*attr, Source::Known(sequence.oid), Kind::ByName, Drawing::Plain))
                }
                [] => {
                    let is_free = |attr: &AttrRef| !taken.contains(attr);
                    let mut candidates: Rc<[AttrRef]> = self.candidates(sequence).into_iter().filter(is_free).collect();
                    if candidates.is_empty() && by_name::is_generic(&sequence.name) {
                        let all = keys.entry(sequence.schema);
                        let all = all.or_insert_with(|| self.keys(sequence).into_iter().filter(is_free).collect());
                        candidates = Rc::clone(all);
                    }
                    found.unlinked.push(Unlinked { sequence: sequence.oid, candidates, outstanding: None });
                }
                _ => found.unlinked.push(Unlinked {
                    sequence: sequence.oid,
                    candidates: attrs.into(),
                    outstanding: None,
                }),
            }
        }
        let mut suitors: HashMap<AttrRef, usize> = HashMap::new();
        for attr in found.unlinked.iter().flat_map(|unlinked| unlinked.candidates.iter()) {
            *suitors.entry(*attr).or_default() += 1;
        }
        for unlinked in &mut found.unlinked {
            let only = unlinked.candidates.first().filter(|_| unlinked.candidates.len() == 1);
            unlinked.outstanding = only.filter(|attr| suitors.get(attr) == Some(&1)).copied();
        }
    }

    /// Returns the columns that the sequence is named after.
    fn named(&self, sequence: &Sequence) -> Vec<AttrRef> {
        let near = self.tables.near(sequence).into_iter();
        near.filter_map(|table| Some((table, self.named_column(sequence, table)?))).collect()
    }

    /// Returns the column of the table that the sequence is named after, or the one that holds its
    /// ids if the sequence is named after only the table.
    fn named_column(&self, sequence: &Sequence, table: Oid) -> Option<i16> {
        let name = self.tables.name(table);
        let named = |column: &str| by_name::names_column(&sequence.name, name, column);
        let columns = self.columns.of(table);
        if let Some(column) = columns.iter().find(|column| named(&column.name)) {
            return column.is_plausible().then_some(column.attribute);
        }
        let key = self.columns.key(table)?;
        by_name::names_table(&sequence.name, name).then_some(key.attribute)
    }

    /// Returns the columns that the sequence may feed, if its name is only a hint.
    fn candidates(&self, sequence: &Sequence) -> Vec<AttrRef> {
        let mut candidates = Vec::new();
        for table in self.tables.near(sequence) {
            let name = self.tables.name(table);
            let named =
                self.columns.of(table).iter().find(|column| by_name::names_column(&sequence.name, name, &column.name));
            let key = self.columns.key(table).filter(|_| by_name::resembles_table(&sequence.name, name));
            candidates.extend(named.or(key).map(|column| (table, column.attribute)));
        }
        candidates
    }

    /// Returns the columns that hold the ids of the tables in the sequence's schema.
    fn keys(&self, sequence: &Sequence) -> Vec<AttrRef> {
        let tables = self.tables.around(sequence).iter();
        tables.filter_map(|table| Some((*table, self.columns.key(*table)?.attribute))).collect()
    }
}

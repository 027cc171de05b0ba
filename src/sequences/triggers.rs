//! Links columns that a BEFORE INSERT trigger fills from a sequence.

use super::code::body::{self, Body, Destination};
use super::column::AttrRef;
use super::link::{Drawing, Kind, Link, Source};
use super::sequence_name::resolve;
use crate::error::Error;
use crate::pg::lossy_text::RawText;
use crate::pg::names;
use crate::pg::row::required;
use pgrx::pg_sys::Oid;
use pgrx::spi::SpiClient;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

const DRAWING_TRIGGERS: &str = include_str!("../../sql/queries/nextval_triggers.sql");
const WHO: &str = "the trigger's function";

/// The links that triggers come to.
#[derive(Default)]
pub struct Triggers {
    pub links: Vec<Link>,
    /// The tables with a trigger that draws for an unknown column, and the sequence if it is known.
    pub for_some_column: Vec<(Oid, Source)>,
}

/// Reads the functions of all BEFORE INSERT row triggers that mention nextval. `owned` holds the
/// sequences that columns own.
pub fn find(client: &SpiClient<'_>, owned: &HashMap<Oid, AttrRef>) -> Result<Triggers, Error> {
    let mut bodies: HashMap<Oid, Rc<Option<Body>>> = HashMap::new();
    let mut triggers: Vec<Trigger> = Vec::new();
    for row in client.select(DRAWING_TRIGGERS, None, &[])? {
        let function = required(&row, 3)?;
        let body = match bodies.get(&function) {
            Some(body) => Rc::clone(body),
            None => {
                let (source, language) = (required::<RawText>(&row, 4)?.text, required::<String>(&row, 5)?);
                let body = Rc::new(if language == "plpgsql" { body::plpgsql(&source) } else { None });
                bodies.insert(function, Rc::clone(&body));
                body
            }
        };
        triggers.push(Trigger {
            table: required(&row, 1)?,
            arguments: arguments(&required::<Vec<u8>>(&row, 2)?),
            body,
        });
    }
    let mut found = Triggers::default();
    for trigger in &triggers {
        trigger.add_links(client, owned, &mut found)?;
    }
    Ok(found)
}

struct Trigger {
    table: Oid,
    arguments: Vec<String>,
    /// `None` if it cannot be read.
    body: Rc<Option<Body>>,
}

/// Splits the arguments as pg_trigger stores them, each followed by a zero byte.
fn arguments(bytes: &[u8]) -> Vec<String> {
    bytes.split(|byte| *byte == 0).map(|argument| String::from_utf8_lossy(argument).into_owned()).collect()
}

impl Trigger {
    fn add_links(
        &self,
        client: &SpiClient<'_>,
        owned: &HashMap<Oid, AttrRef>,
        found: &mut Triggers,
    ) -> Result<(), Error> {
        let Some(body) = self.body.as_ref() else {
            found.for_some_column.push((self.table, Source::Unresolved(format!("{WHO} cannot be read"))));
            return Ok(());
        };
        if body.draws.is_empty() && body.is_dynamic && body.has_text_with_nextval {
            found.for_some_column.push((self.table, computed()));
        }
        let mut links = Vec::new();
        for draw in &body.draws {
            let column = match &draw.destination {
                Destination::Column(name) => match names::column_number(self.table, name) {
                    Some(number) => Some((self.table, number)),
                    // The column belongs to another table that uses the same function.
                    None => continue,
                },
                Destination::Elsewhere => continue,
                Destination::Caller | Destination::Unknown => None,
            };
            let is_its_own = |oid: Oid| owned.get(&oid).is_some_and(|attr| attr.0 == self.table);
            let source = match self.name(&draw.sequence) {
                Some(name) => resolve(client, WHO, name, &is_its_own)?,
                None => computed(),
            };
            let owner = match &source {
                Source::Known(oid) => owned.get(oid).filter(|attr| attr.0 == self.table),
                Source::Unresolved(_) => None,
            };
            match column.or(owner.copied()) {
                Some(attr) => {
                    let drawing = match draw.is_plain || column.is_none() {
                        true => Drawing::Plain,
                        false => Drawing::Unclear(format!("{WHO} may do more than draw a value from the sequence")),
                    };
                    links.push(Link::new(attr, source, Kind::Trigger, drawing));
                }
                None => found.for_some_column.push((self.table, source)),
            }
        }
        found.links.extend(self.without_guesses(links, owned));
        Ok(())
    }

    /// Removes sequences of other tables: a function that serves several tables draws from a
    /// sequence for each, and this table's is the one that its column owns.
    fn without_guesses(&self, mut links: Vec<Link>, owned: &HashMap<Oid, AttrRef>) -> Vec<Link> {
        let mut of_column: HashMap<AttrRef, HashSet<Oid>> = HashMap::new();
        for link in &links {
            of_column.entry(link.attr).or_default().extend(link.sequence());
        }
        for (attr, sequences) in of_column.into_iter().filter(|(_, sequences)| sequences.len() > 1) {
            let is_own = |sequence: Oid| owned.get(&sequence) == Some(&attr);
            links.retain(|link| link.attr != attr || link.sequence().is_none_or(is_own));
            if !sequences.iter().any(|sequence| is_own(*sequence)) {
                let source = Source::Unresolved(format!("{WHO} draws from several sequences for the column"));
                links.push(Link::new(attr, source, Kind::Trigger, Drawing::Plain));
            }
        }
        links
    }

    fn name<'a>(&'a self, name: &'a body::Name) -> Option<&'a str> {
        match name {
            body::Name::Text(text) => Some(text),
            body::Name::Argument(number) => {
                self.arguments.get(*number).map(String::as_str).filter(|text| !text.is_empty())
            }
            body::Name::Computed => None,
        }
    }
}

fn computed() -> Source {
    Source::Unresolved(format!("{WHO} computes the sequence's name at run time"))
}

/// Adds the links of triggers that are not known yet.
pub fn merge(links: &mut Vec<Link>, of_triggers: Vec<Link>) {
    if of_triggers.is_empty() {
        return;
    }
    let drawn = of_triggers.iter().filter(|link| link.drawing == Drawing::Plain);
    let drawn: HashSet<(Oid, AttrRef)> = drawn.filter_map(|link| Some((link.sequence()?, link.attr))).collect();
    // A column does not merely own a sequence that a trigger is known to draw from.
    links.retain(|link| {
        link.kind != Kind::Owned || link.sequence().is_none_or(|sequence| !drawn.contains(&(sequence, link.attr)))
    });
    let mut known: HashSet<(Option<Oid>, AttrRef)> = links.iter().map(|link| (link.sequence(), link.attr)).collect();
    links.extend(of_triggers.into_iter().filter(|link| known.insert((link.sequence(), link.attr))));
}

/// Removes unresolved links of triggers from columns with another source: the other source is
/// judged.
pub fn drop_unresolved(links: &mut Vec<Link>) {
    let is_unresolved = |link: &Link| link.kind == Kind::Trigger && link.sequence().is_none();
    if !links.iter().any(is_unresolved) {
        return;
    }
    let others = links.iter().filter(|link| !is_unresolved(link) && link.drawing != Drawing::Unused);
    let fed: HashSet<AttrRef> = others.map(|link| link.attr).collect();
    links.retain(|link| !is_unresolved(link) || !fed.contains(&link.attr));
}

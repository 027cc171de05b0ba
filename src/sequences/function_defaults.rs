//! Links columns whose default calls a user's function that draws from a sequence.

use super::column::AttrRef;
use super::default_tree;
use super::functions::{Drawn, Functions, Name, Reading};
use super::link::{Drawing, Kind, Link, Source};
use super::sequence_name::resolve;
use crate::error::Error;
use crate::pg::lossy_text::RawText;
use crate::pg::row::required;
use pgrx::pg_sys::Oid;
use pgrx::spi::SpiClient;
use std::collections::{HashMap, HashSet};

const FUNCTION_DEFAULTS: &str = include_str!("../../sql/queries/defaults_calling_functions.sql");
const WHO: &str = "the default's function";

/// The links that defaults which call functions come to.
#[derive(Default)]
pub struct FunctionDefaults {
    pub links: Vec<Link>,
    /// The columns whose default is known not to draw from a sequence.
    pub silent: HashSet<AttrRef>,
}

/// Reads the functions of all such defaults. `owned` holds the sequences that columns own, with the
/// columns.
pub fn find(client: &SpiClient<'_>, owned: &HashMap<Oid, AttrRef>) -> Result<FunctionDefaults, Error> {
    let mut defaults: Vec<(AttrRef, String)> = Vec::new();
    for row in client.select(FUNCTION_DEFAULTS, None, &[])? {
        defaults.push(((required(&row, 1)?, required(&row, 2)?), required::<RawText>(&row, 3)?.text));
    }
    let mut found = FunctionDefaults::default();
    if defaults.is_empty() {
        return Ok(found);
    }
    let oids = defaults.iter().flat_map(|(_, tree)| default_tree::user_functions(tree)).collect();
    let functions = Functions::read(client, &oids)?;
    let owners: HashSet<AttrRef> = owned.values().copied().collect();
    for (attr, tree) in defaults {
        let plain_call = default_tree::plain_call(&tree);
        let mut is_silent = true;
        for oid in default_tree::user_functions(&tree) {
            let drawn = match functions.reading(oid) {
                Reading::Silent => continue,
                Reading::Opaque => Vec::new(),
                Reading::Draws(drawn) => drawn,
            };
            is_silent = false;
            for drawn in drawn {
                let link = link(client, attr, &drawn, plain_call == Some(oid), owned)?;
                // For a column that owns a sequence, the link of that sequence says which one and
                // why it cannot be judged.
                if link.sequence().is_some() || !owners.contains(&attr) {
                    found.links.push(link);
                }
            }
        }
        if is_silent {
            found.silent.insert(attr);
        }
    }
    Ok(found)
}

fn link(
    client: &SpiClient<'_>,
    attr: AttrRef,
    drawn: &Drawn,
    is_plain_call: bool,
    owned: &HashMap<Oid, AttrRef>,
) -> Result<Link, Error> {
    let source = match &drawn.name {
        Name::Oid(oid) => Source::Known(Oid::from(*oid)),
        Name::Text(text) => resolve(client, WHO, text, &|oid| owned.get(&oid) == Some(&attr))?,
        Name::Computed => Source::Unresolved(format!("{WHO} computes the sequence's name at run time")),
    };
    let drawing = match drawn.is_plain && is_plain_call {
        true => Drawing::Plain,
        false => Drawing::Unclear(format!("{WHO} may do more than draw a value from the sequence")),
    };
    Ok(Link::new(attr, source, Kind::FunctionDefault, drawing))
}

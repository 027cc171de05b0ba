//! Reads users' functions: which sequences they draw from for their caller.
//!
//! Locks: AccessShareLock on catalogs, released before it returns.

use super::code::body::{self, Body, Destination};
pub use super::default_tree::Name;
use super::default_tree::{self, Form};
use crate::error::Error;
use crate::pg::lossy_text::RawText;
use crate::pg::row::required;
use pgrx::pg_sys::Oid;
use pgrx::spi::SpiClient;
use std::collections::{HashMap, HashSet};

const FUNCTIONS: &str = include_str!("../../sql/queries/function_bodies.sql");

/// The depth to which calls are followed.
const DEEPEST: usize = 4;

/// The effects of a function, as far as its source shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reading {
    Draws(Vec<Drawn>),
    /// It draws from no sequence.
    Silent,
    /// It may do anything: its source cannot be read, or it runs statements that are not visible.
    Opaque,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drawn {
    pub name: Name,
    /// Whether the caller gets the value as it is drawn.
    pub is_plain: bool,
}

/// The functions that were asked for and those that they call, by their OIDs.
#[derive(Default)]
pub struct Functions {
    parsed: HashMap<u32, Parsed>,
    by_name: HashMap<String, Vec<u32>>,
}

struct Parsed {
    /// `None` if the source cannot be read.
    draws: Option<Vec<Drawn>>,
    is_dynamic: bool,
    called: HashSet<String>,
    called_oids: Vec<u32>,
}

impl Functions {
    /// Reads the functions and those that they call.
    pub fn read(client: &SpiClient<'_>, oids: &HashSet<u32>) -> Result<Functions, Error> {
        let mut functions = Functions::default();
        let (mut oids, mut names, mut seen): (Vec<u32>, Vec<String>, HashSet<String>) =
            (oids.iter().copied().collect(), Vec::new(), HashSet::new());
        for _ in 0..=DEEPEST {
            if oids.is_empty() && names.is_empty() {
                break;
            }
            let wanted: Vec<Oid> = oids.drain(..).map(Oid::from).collect();
            let found = functions.add(client, wanted, std::mem::take(&mut names))?;
            for oid in found {
                let Some(parsed) = functions.parsed.get(&oid) else { continue };
                oids.extend(parsed.called_oids.iter().filter(|other| !functions.parsed.contains_key(other)));
                names.extend(parsed.called.iter().filter(|name| seen.insert((*name).clone())).cloned());
            }
        }
        Ok(functions)
    }

    /// Adds functions by OID and by name, and returns those that are new.
    fn add(&mut self, client: &SpiClient<'_>, oids: Vec<Oid>, names: Vec<String>) -> Result<Vec<u32>, Error> {
        let mut added = Vec::new();
        for row in client.select(FUNCTIONS, None, &[oids.into(), names.into()])? {
            let oid = required::<Oid>(&row, 1)?.to_u32();
            if self.parsed.contains_key(&oid) {
                continue;
            }
            let name = required::<RawText>(&row, 2)?.text;
            let source = required::<RawText>(&row, 3)?;
            let atomic = row.get::<RawText>(4)?.map(|body| body.text);
            let parsed = parse(&source.text, atomic.as_deref(), &required::<String>(&row, 5)?);
            self.parsed.insert(oid, parsed);
            self.by_name.entry(name).or_default().push(oid);
            added.push(oid);
        }
        Ok(added)
    }

    /// Returns what the function does for its caller.
    pub fn reading(&self, oid: u32) -> Reading {
        self.follow(oid, DEEPEST)
    }

    fn follow(&self, oid: u32, depth: usize) -> Reading {
        let Some(Parsed { draws: Some(draws), is_dynamic, called, called_oids }) = self.parsed.get(&oid) else {
            return Reading::Opaque;
        };
        let named = called.iter().filter_map(|name| self.by_name.get(name)).flatten();
        let others = called_oids.iter().chain(named).filter(|other| **other != oid);
        let (mut all, mut is_opaque) = (draws.clone(), *is_dynamic);
        for other in others {
            match depth.checked_sub(1).map_or(Reading::Opaque, |depth| self.follow(*other, depth)) {
                Reading::Silent => {}
                Reading::Opaque => is_opaque = true,
                Reading::Draws(drawn) => all.extend(drawn.into_iter().map(|drawn| Drawn { is_plain: false, ..drawn })),
            }
        }
        let is_plain = all.len() == 1 && !is_opaque;
        match (all.is_empty(), is_opaque) {
            (true, true) => Reading::Opaque,
            (true, false) => Reading::Silent,
            _ => Reading::Draws(
                all.into_iter().map(|drawn| Drawn { is_plain: drawn.is_plain && is_plain, ..drawn }).collect(),
            ),
        }
    }
}

fn parse(source: &str, atomic: Option<&str>, language: &str) -> Parsed {
    if let Some(tree) = atomic {
        let draws = default_tree::body_draws(tree);
        let drawn =
            draws.into_iter().map(|draw| Drawn { name: draw.name, is_plain: draw.form == Form::Number }).collect();
        // Commands other than SELECT count like statements that are run as text.
        let is_dynamic = tree.matches("{QUERY :commandType ").count() != tree.matches("{QUERY :commandType 1 ").count();
        let called_oids = default_tree::user_functions(tree);
        return Parsed { draws: Some(drawn), is_dynamic, called: HashSet::new(), called_oids };
    }
    let body = match language {
        "sql" => body::sql(source),
        "plpgsql" => body::plpgsql(source),
        _ => None,
    };
    let (is_dynamic, called) = body.as_ref().map(|body| (body.is_dynamic, body.called.clone())).unwrap_or_default();
    Parsed { draws: body.map(drawn), is_dynamic, called, called_oids: Vec::new() }
}

fn drawn(body: Body) -> Vec<Drawn> {
    let drawn = body.draws.into_iter().map(|draw| Drawn {
        is_plain: draw.is_plain && draw.destination == Destination::Caller,
        name: match draw.sequence {
            body::Name::Text(text) => Name::Text(text),
            body::Name::Argument(_) | body::Name::Computed => Name::Computed,
        },
    });
    drawn.collect()
}

//! What is known of a key, in words.

use super::claim::{Claim, spelled_name};
use super::key::LockKey;
use super::surroundings::Sign;

/// As many candidates are listed by name.
const MOST: usize = 5;

/// Whether the candidates' tables have been seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    Here,
    NotHere,
    /// The lock is in another database.
    Hidden,
}

/// `its tables "dag" and "task_instance" are in schema "public"`
pub fn tables(whose: &str, sign: &Sign) -> String {
    let names: Vec<String> = sign.relations.iter().map(|name| format!("\"{name}\"")).collect();
    let schema = sign.schema;
    match names.as_slice() {
        [one] => format!("{whose} {one} is in schema \"{schema}\""),
        [first @ .., last] => format!("{whose} {} and {last} are in schema \"{schema}\"", first.join(", ")),
        [] => String::new(),
    }
}

/// `could be Airflow (migrations), graph-node (migrations): none of their tables is in this database`
pub fn candidates(claims: &[&Claim], seen: Seen) -> Option<String> {
    let mut listed: Vec<(&str, &str)> = Vec::new();
    for claim in claims {
        if listed.iter().all(|(name, _)| *name != claim.entry.name()) {
            listed.push((claim.entry.name(), claim.what));
        }
    }
    let named: Vec<String> = listed.iter().take(MOST).map(|(name, what)| format!("{name} ({what})")).collect();
    let more = match listed.len().checked_sub(MOST) {
        None | Some(0) => String::new(),
        Some(more) => format!(" and {more} more"),
    };
    let why = match (listed.len(), seen) {
        (0, _) => return None,
        (1, Seen::Here) => "its tables are here, but the number alone does not tell",
        (_, Seen::Here) => "the tables of each are here, and the number alone does not tell",
        (1, Seen::NotHere) => "none of its tables is in this database",
        (_, Seen::NotHere) => "none of their tables is in this database",
        (1, Seen::Hidden) => "its tables cannot be seen from here",
        (_, Seen::Hidden) => "their tables cannot be seen from here",
    };
    Some(format!("could be {}{more}: {why}", named.join(", ")))
}

/// A pair that reads as a name.
pub fn spelled(key: LockKey) -> Option<String> {
    let name = spelled_name(key)?;
    Some(format!("could be DistributedLock.Postgres: the pair spells \"{name}\" in 7-bit ASCII"))
}

//! Recognizes the names that frameworks and developers give sequences, which consist of the names
//! of tables and columns. Pure.
//!
//! The server (serial), Doctrine and Yii use `<table>_<column>_seq`; Hibernate 6, Rails and PEAR
//! `<table>_seq`; others `seq_<table>`, `<table>_sq`, `<table>_sequence`, `pk_<table>` (Cayenne),
//! `gen_<table>_id`, `<table>_hilo`. Case is ignored: it differs between an entity, a quoted name
//! and an unquoted one.

use crate::report::quoting::{LONGEST_NAME, clip};

const SUFFIXES: [&str; 15] = [
    "_seq",
    "_sq",
    "_s",
    "_sequence",
    "_gen",
    "_generator",
    "_hilo",
    "_hilo_seq",
    "_hilo_sequence",
    "_hiloseq",
    "hilosequence",
    "hiloseq",
    "hilo",
    "sequence",
    "seq",
];
const PREFIXES: [&str; 6] = ["seq_", "sq_", "s_", "pk_", "gen_", "sequence_"];

/// Words for a key in a sequence's name, whatever the column's name is.
const KEYS: [&str; 3] = ["_id", "_pk", "_key"];

/// Words that say nothing about a table: a sequence whose name has no other words may serve any
/// table.
const GENERIC: [&str; 31] = [
    "hibernate",
    "entity",
    "framework",
    "hi",
    "lo",
    "hilo",
    "seq",
    "sequence",
    "sequences",
    "sq",
    "gen",
    "generator",
    "id",
    "ids",
    "global",
    "main",
    "master",
    "common",
    "shared",
    "default",
    "object",
    "unique",
    "uid",
    "pk",
    "key",
    "keys",
    "jpa",
    "openjpa",
    "openjpaseq",
    "app",
    "db",
];

/// Returns the name in lower case without the parts that mark it as a sequence's, in every way that
/// it can be taken apart.
pub fn stems(sequence: &str) -> Vec<String> {
    let name = sequence.to_lowercase();
    let without_suffix = SUFFIXES.iter().filter_map(|suffix| name.strip_suffix(suffix));
    let without_prefix = PREFIXES.iter().filter_map(|prefix| name.strip_prefix(prefix));
    let mut stems: Vec<String> =
        without_suffix.chain(without_prefix).filter(|stem| !stem.is_empty()).map(str::to_owned).collect();
    stems.sort_unstable();
    stems.dedup();
    stems
}

/// Returns the names, in lower case, of the tables that the stem may start with.
pub fn tables(stem: &str) -> impl Iterator<Item = &str> {
    let ends = stem.match_indices('_').map(|(at, _)| at).filter(|at| *at > 0);
    ends.map(|at| &stem[..at]).chain(std::iter::once(stem))
}

/// Whether the sequence is named after the table and the column.
pub fn names_column(sequence: &str, table: &str, column: &str) -> bool {
    let (sequence, table, column) = (sequence.to_lowercase(), table.to_lowercase(), column.to_lowercase());
    let whole = format!("{table}_{column}");
    if stems(&sequence).contains(&whole) {
        return true;
    }
    is_long(&whole)
        && (sequence == object_name(&table, &column, "seq")
            || sequence == sqlalchemy_name(&table, &column)
            || is_cut(&sequence, &whole))
}

/// Whether the sequence is named after only the table, or the table and a word for its key.
pub fn names_table(sequence: &str, table: &str) -> bool {
    let (sequence, table) = (sequence.to_lowercase(), table.to_lowercase());
    let is_table =
        |stem: &String| stem.strip_prefix(&table).is_some_and(|rest| rest.is_empty() || KEYS.contains(&rest));
    stems(&sequence).iter().any(is_table) || (is_long(&table) && is_cut(&sequence, &table))
}

/// Whether the sequence's name is almost the table's: in the singular or the plural, or with other
/// underscores.
pub fn resembles_table(sequence: &str, table: &str) -> bool {
    let key = likeness(table);
    stems(sequence).iter().any(|stem| without_key(stem).any(|name| likeness(name) == key))
}

/// Returns the stem, and the stem without a word for a key.
pub fn without_key(stem: &str) -> impl Iterator<Item = &str> {
    std::iter::once(stem).chain(KEYS.iter().filter_map(|word| stem.strip_suffix(word)))
}

/// Returns a form that is the same for names that resemble each other.
pub fn likeness(name: &str) -> String {
    let mut key: String = name.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect();
    if key.ends_with("ies") {
        key.truncate(key.len() - 3);
        key.push('y');
    } else if ["ses", "xes", "zes", "ches", "shes"].iter().any(|end| key.ends_with(end)) {
        key.truncate(key.len() - 2);
    } else if key.ends_with('s') && !key.ends_with("ss") {
        key.truncate(key.len() - 1);
    }
    key
}

/// Whether the name says nothing about a table: `hibernate_sequence`,
/// `EntityFrameworkHiLoSequence`.
pub fn is_generic(sequence: &str) -> bool {
    let mut words = vec![String::new()];
    let mut was_lower = false;
    for c in sequence.chars() {
        let starts = !c.is_alphanumeric() || (c.is_uppercase() && was_lower);
        if starts {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| c.is_alphanumeric()) {
            word.extend(c.to_lowercase());
        }
        was_lower = c.is_lowercase();
    }
    words
        .iter()
        .filter(|word| !word.is_empty())
        .all(|word| GENERIC.contains(&word.as_str()) || word.chars().all(|c| c.is_ascii_digit()))
}

/// Whether the values of a sequence with this name stand for blocks that start with the value, as
/// EF Core uses them.
pub fn is_hilo(sequence: &str) -> bool {
    sequence.to_lowercase().contains("hilo")
}

/// Whether a name made of this one may be truncated.
fn is_long(whole: &str) -> bool {
    whole.len() + "_hilo_sequence".len() > LONGEST_NAME - 8
}

/// Whether the sequence's name is a truncated name made of `whole`.
fn is_cut(sequence: &str, whole: &str) -> bool {
    sequence.len() + 3 >= LONGEST_NAME
        && (SUFFIXES.iter().any(|suffix| sequence == cut(&format!("{whole}{suffix}")))
            || PREFIXES.iter().any(|prefix| sequence == cut(&format!("{prefix}{whole}"))))
}

/// Truncates a name as the server does: to 63 bytes, not within a character.
fn cut(name: &str) -> &str {
    clip(name, LONGEST_NAME)
}

/// Returns the name that the server gives a serial column's sequence (`makeObjectName` in
/// commands/indexcmds.c): it shortens the longer of the two names first.
fn object_name(table: &str, column: &str, label: &str) -> String {
    let available = LONGEST_NAME - label.len() - 2;
    let (mut first, mut second) = (table.len(), column.len());
    while first + second > available {
        if first > second { first -= 1 } else { second -= 1 }
    }
    format!("{}_{}_{label}", clip(table, first), clip(column, second))
}

/// Returns the name that SQLAlchemy expects: each part is cut to 29 characters, or more if the
/// other part is shorter.
fn sqlalchemy_name(table: &str, column: &str) -> String {
    let first = |name: &str, count: usize| name.chars().take(count).collect::<String>();
    let room = |other: &str| 29 + 29_usize.saturating_sub(other.chars().count());
    let table = first(table, room(column));
    let column = first(column, room(&table));
    format!("{table}_{column}_seq")
}

#[cfg(test)]
#[path = "by_name_tests.rs"]
mod tests;

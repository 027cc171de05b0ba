//! Identifiers that break code without quoting.

use cluster::identifier;
use fastrand::Rng;

const STEMS: [&str; 12] = [
    "plain",
    "plain_too",
    "Upper",
    "select",
    "with space",
    "dot.ted",
    "quote\"d",
    "it's",
    "back\\slash",
    "süß_日本",
    "per%cent $1",
    "fills_the_whole_length_that_an_identifier_can_have_in_postgre",
];

/// Returns a name, not quoted, that is unique in its schema if `number` is.
pub fn name(random: &mut Rng, number: u64) -> String {
    let stem = STEMS[random.usize(..STEMS.len())];
    match (stem, number) {
        // With a number appended, it would not be a reserved word.
        ("select", 0) => stem.to_owned(),
        _ => {
            let number = number.to_string();
            let end = stem.len().min(63 - number.len());
            format!("{}{number}", &stem[..end])
        }
    }
}

/// Returns a qualified name, quoted where needed.
pub fn qualified(schema: &str, name: &str) -> String {
    // pg_temp is an alias, which works only under this name.
    format!("{}.{}", identifier(schema), identifier(name))
}

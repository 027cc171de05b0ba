//! Identifiers that break code which forgets to quote.

use fastrand::Rng;

const STEMS: [&str; 13] = [
    "plain",
    "plain_too",
    "Upper",
    "user",
    "with space",
    "dot.ted",
    "quote\"d",
    "it's",
    "back\\slash",
    "new\nline; --",
    "süß_日本",
    "per%cent $1 {} $$",
    "fills_the_whole_length_that_an_identifier_can_have_in_postgre",
];

/// A name, as the catalog holds it, that is unique in its schema if `number` is.
pub fn name(random: &mut Rng, number: u64) -> String {
    let stem = STEMS[random.usize(..STEMS.len())];
    match (stem, number) {
        // A reserved word with a suffix is no longer reserved.
        ("user", 0) => stem.to_owned(),
        _ => {
            let number = number.to_string();
            let end = stem.len().min(63 - number.len());
            format!("{}{number}", &stem[..end])
        }
    }
}

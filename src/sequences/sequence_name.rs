//! Finds the sequence that a text passed to nextval means.

use super::link::Source;
use crate::error::Error;
use crate::pg::row::required;
use crate::pg::{kept_plan, names, schemas};
use pgrx::pg_sys::{Oid, PgBuiltInOids, PgOid};
use pgrx::spi::SpiClient;

const SEQUENCES_NAMED: &str = include_str!("../../sql/queries/sequences_named.sql");

const TEXT: PgOid = PgOid::BuiltIn(PgBuiltInOids::TEXTOID);

/// Finds the sequence that `drawer` (such as "the default") means by `nextval('…'::text)`. An
/// unqualified name is looked up along the search_path of the inserting role, which is unknown
/// here, so a name counts only if a single sequence, or a single preferred one, has it.
pub fn resolve(
    client: &SpiClient<'_>,
    who: &str,
    text: &str,
    is_preferred: &dyn Fn(Oid) -> bool,
) -> Result<Source, Error> {
    if text.trim().is_empty() {
        return Ok(Source::Unresolved(format!("{who} calls nextval with an empty name")));
    }
    let Some(mut parts) = names::split(text) else {
        return Ok(Source::Unresolved(format!("{who} does not name a sequence: {text}")));
    };
    let missing = || Source::Unresolved(format!("{who} names a sequence that does not exist: {text}"));
    let name = parts.pop().unwrap_or_default();
    let schema = match parts.pop() {
        None => None,
        Some(schema) => match schemas::find(&schema) {
            Ok(oid) => Some(oid),
            Err(_) => return Ok(missing()),
        },
    };
    let mut found: Vec<(Oid, Oid)> = Vec::new();
    for row in kept_plan::select(client, SEQUENCES_NAMED, &[TEXT], &[name.as_str().into()])? {
        found.push((required(&row, 1)?, required(&row, 2)?));
    }
    found.retain(|(_, namespace)| schema.is_none_or(|schema| schema == *namespace));
    found.retain(|(_, namespace)| !schemas::is_other_temp(*namespace));
    if found.iter().filter(|(oid, _)| is_preferred(*oid)).count() == 1 {
        found.retain(|(oid, _)| is_preferred(*oid));
    }
    Ok(match found.as_slice() {
        [(oid, _)] => Source::Known(*oid),
        [] => missing(),
        several => Source::Unresolved(format!(
            "which sequence \"{name}\" {who} means depends on the inserting role's search_path: {}",
            several
                .iter()
                .filter_map(|(oid, _)| Some(names::relation_name(*oid)?.quoted()))
                .collect::<Vec<_>>()
                .join(", ")
        )),
    })
}

//! Compares two snapshots, or a snapshot with this database.

use super::capture::{Schemas, capture};
use super::compare::{Difference, Means, compare};
use super::model::{Scope, Snapshot};
use super::parse::parse;
use crate::error::Error;
use crate::pg::encoded_text::Json;
use crate::pg::names::quote_identifier;
use crate::pg::{memory, role, schemas};

/// Returns the rows of db_compare, and what the source covers.
pub fn differences(source: &Json, target: Option<&Json>) -> Result<(Vec<Difference>, Scope), Error> {
    let source = parse(&source.0, "source")?;
    let means = |has_role| Means { quote: quote_identifier, has_role, interrupt: memory::step };
    let (target, means) = match target {
        // A snapshot does not say which roles exist.
        Some(target) => (parse(&target.0, "target")?, means(|_| true)),
        None => (here(&source)?, means(|role| role::find(role).is_ok())),
    };
    let rows = compare(&source, &target, means);
    Ok((rows, source.scope))
}

/// Takes a snapshot of this database with the arguments that `source` was taken with.
fn here(source: &Snapshot) -> Result<Snapshot, Error> {
    let scope = source.scope.clone();
    let schemas = match &scope.schema {
        None => Schemas::All,
        Some(name) => schemas::find_text(name).map_or(Schemas::None, Schemas::One),
    };
    Ok(capture(schemas, scope)?.0)
}

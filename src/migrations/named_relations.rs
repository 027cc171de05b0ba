//! Looks up the relations that a tool's log names.

use crate::pg::catalog_query;

const RELATION_IN_SCHEMA: &str = include_str!("../../sql/queries/relation_kind.sql");

/// A relation in its current state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relation {
    /// Kind and quoted name: `index public.x`.
    pub label: String,
    /// The quoted name.
    pub name: String,
    /// `None` if it is not an index.
    pub is_valid_index: Option<bool>,
    /// Whether a session is building the index, as far as the current user may see that.
    pub is_being_built: bool,
}

/// Looks up a relation in a schema; `None` if it does not exist or could not be looked up.
pub fn look_up(schema: &str, name: &str) -> Option<Relation> {
    let arguments = [schema.to_owned().into(), name.to_owned().into()];
    let found = catalog_query::read(RELATION_IN_SCHEMA, &arguments, |row| {
        let (name, kind) = (row.qualified(1)?, row.text(3)?);
        let (is_valid_index, is_being_built) = (row.optional(4)?, row.get(5)?);
        Ok(Relation { label: format!("{kind} {name}"), name, is_valid_index, is_being_built })
    });
    found.ok()?.pop()
}

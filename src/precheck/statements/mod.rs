//! What each kind of statement does, and what makes it fail.

mod add_column;
mod alter_column;
mod alter_constraint;
mod alter_table;
mod alter_type;
mod cascaded;
mod check;
mod children;
mod columns;
mod comment;
mod constraint_names;
mod constraints;
mod copy;
mod create_table;
mod dml;
mod domains;
mod drop;
mod drop_column;
mod exclusion;
mod extensions;
mod foreign_key;
mod function_body;
mod function_parameters;
mod functions;
mod grants;
pub mod identity;
mod index;
mod index_size;
mod inheritance;
mod inserted;
mod inserted_defaults;
mod inserted_keys;
mod inserted_partition;
mod inserted_row;
mod inserted_unique;
mod judge;
mod lost_grants;
mod many_rows;
mod memberships;
mod names;
mod not_null;
mod objects;
mod on_conflict;
mod operator_classes;
mod partition_keys;
mod partitions;
mod parts;
mod pending;
mod persistence;
mod policies;
mod publications;
mod rebuild;
mod rename;
mod retyped;
mod roles;
mod row_changes;
mod safer;
mod schemas;
mod sequence_options;
mod sequences;
mod session;
mod targets;
mod trigger_condition;
mod trigger_shape;
mod triggers;
mod truncate;
mod type_obstacles;
mod types;
mod unique;
mod updated;
mod views;
mod writes;

pub use judge::judge;
pub use session::{begin_session, commit_checks, transaction};

use super::run::Run;
use crate::error::Error;

/// Adds what only the whole script shows.
pub fn conclude(run: &mut Run) -> Result<(), Error> {
    foreign_key::conclude(run);
    lost_grants::conclude(run)?;
    writes::conclude(run)
}

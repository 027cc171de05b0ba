//! `tools/flightcheck-migrations`: runs the pending migrations of a project on a copy of a
//! database.

mod copies;
mod files;
mod formats;
mod project;
mod properties;
mod tools;

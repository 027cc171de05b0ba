//! Implements flightcheck: finds what migrations and restores have left wrong in a database. Each
//! check has a file of its own; all return the same row type. `page` shows them as HTML.

mod advisory_locks;
mod api;
mod collations;
mod constraints;
pub mod finding;
mod fold;
mod foreign_keys;
mod function_bodies;
mod function_privileges;
mod guard;
mod indexes;
mod left_out;
mod list;
mod lost_defaults;
mod migrations;
mod owners;
mod page;
mod partitioned_index;
mod primary_keys;
mod publications;
mod replication_limits;
mod replication_role;
pub mod run;
mod schema_changes;
mod schema_privileges;
mod sequence_ownership;
mod sequence_privileges;
mod sequences;
mod setting_source;
mod statistics;
mod subscriptions;
mod summary;
pub mod target;
mod triggers;
mod unread;
mod views;

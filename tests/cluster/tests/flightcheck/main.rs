//! `flightcheck()` as a whole, and each of its checks: a database is broken for real, the row is seen, its fix is run as printed,
//! and the row is gone.

mod advisory_locks;
mod arguments;
mod beside;
mod broken;
mod collations;
mod constraints;
mod finding;
mod fold;
mod guard;
mod healthy;
mod identity;
mod indexes;
mod lost_defaults;
mod migrations;
mod names;
mod owners;
mod partitioned_indexes;
mod paste;
mod pasted;
mod primary_keys;
mod replication_role;
mod restored;
mod scale;
mod scene;
mod schema_changes;
mod sequence_privileges;
mod sequences;
mod sessions;
mod sorting;
mod statistics;
mod subscribers;
mod triggers;

//! `flightcheck()` as a whole, and each of its checks: a database is really broken, the finding
//! appears, its fix is run as printed, and the finding disappears.

mod advisory_locks;
mod arguments;
mod broken_database;
mod collations;
mod concurrent_ddl;
mod constraints;
mod data_only_load;
mod finding;
mod fixes;
mod fixtures;
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
mod primary_keys;
mod psql_output;
mod replication_role;
mod report;
mod report_in_browser;
mod scale;
mod schema_changes;
mod sequence_privileges;
mod sequences;
mod sessions;
mod statistics;
mod subscribers;
mod summary;
mod triggers;
mod versioned_collation;

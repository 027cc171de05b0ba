//! `migration_report()` with concurrent sessions that lock tables, on standbys, with ten thousand
//! tenants, and with hostile owners.

mod concurrent_sessions;
mod damaged_tables;
mod hostile_owner;
mod report;
mod standby;
mod tables;
mod tenants;

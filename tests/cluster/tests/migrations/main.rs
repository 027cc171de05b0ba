//! `migration_report()` under real sessions: tables that others have locked, standbys, ten thousand tenants, hostile owners.

mod broken;
mod busy;
mod hostile;
mod report;
mod standby;
mod tables;
mod tenants;

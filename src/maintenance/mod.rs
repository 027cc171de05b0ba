//! Maintenance mode: makes all transactions of a database read-only except those that ask to write,
//! without touching a table, and ends the sessions that began before.
//!
//! The mode is the setting default_transaction_read_only of the database. A second setting of the
//! database keeps a record of why and since when, so that both are committed together and no table
//! is needed.

mod api;
mod begin;
mod control;
mod drain;
mod end;
mod obstacles;
mod record;
mod sessions;
mod state;
mod status;
mod writers;

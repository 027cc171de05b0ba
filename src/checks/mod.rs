//! flightcheck: what migrations and restores have left wrong in a database. One file a check, one row type.

mod api;
mod constraints;
mod finding;
mod run;
mod target;
